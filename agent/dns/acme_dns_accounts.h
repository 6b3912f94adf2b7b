#pragma once

#include <optional>
#include <string>

#include "agent/dns/wire/name.h"
#include "base/result.h"

namespace agent {

/// What an acme-dns server gives once per name; the password cannot be read there again.
struct AcmeDnsAccount {
  std::string fulldomain{};  ///< where the name's CNAME has to point to
  std::string subdomain{};
  std::string username{};
  std::string password{};
  friend bool operator==(const AcmeDnsAccount&, const AcmeDnsAccount&) = default;
};

/// From the JSON of a registration or of our file. The error is a sentence.
base::Result<AcmeDnsAccount, std::string> parse_acme_dns_account(const std::string& json);

/// The accounts of one acme-dns server: a folder (0700) with a folder per name, and in it a file
/// (0600) that is whole or not there. Blocks: for a pool's thread.
class AcmeDnsAccounts {
 public:
  explicit AcmeDnsAccounts(std::string folder) : folder_(std::move(folder)) {}

  /// nullopt if there is none. The error is a sentence.
  base::Result<std::optional<AcmeDnsAccount>, std::string> load(const dns::Name& fqdn) const;
  /// What went wrong; empty if it is stored.
  std::string save(const dns::Name& fqdn, const AcmeDnsAccount& account) const;
  /// For messages.
  std::string path_of(const dns::Name& fqdn) const;

 private:
  std::string folder_;
};

}  // namespace agent
