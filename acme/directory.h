#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

/// Where an authority's resources are (RFC 8555 §7.1.1). A value.
struct Directory {
  Url new_nonce;
  Url new_account;
  Url new_order;
  std::optional<Url> revoke_certificate;
  std::optional<Url> key_change;
  std::optional<Url> renewal_info;  ///< RFC 9773
  // `meta`
  std::string terms_of_service;  ///< a URL; empty without
  std::string website;           ///< empty without
  std::vector<std::string> caa_identities;
  bool external_account_required = false;
  std::map<std::string, std::string> profiles;  ///< name → description
  friend bool operator==(const Directory&, const Directory&) = default;
};

/// Members we do not know are ignored. Fails with bad_response.
base::Result<Directory, Error> parse_directory(std::string_view json, const Url& directory_url);

}  // namespace acme
