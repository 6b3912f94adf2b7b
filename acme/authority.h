#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/external_account.h"
#include "acme/types.h"
#include "base/clock.h"

namespace acme {

/// What the operator says of an authority.
struct AuthorityOptions {
  Url directory_url;
  std::vector<std::string> contacts = {};  ///< URLs such as `mailto:ops@example.com`
  std::optional<ExternalAccount> external_account = {};
  /// The operator agrees to the authority's terms. Without it registration fails with the
  /// authority's own error (agreement_required, malformed).
  enum class Terms { not_agreed, agreed } terms = Terms::agreed;
};

/// What is worth keeping over a restart, so that a new run needs neither the directory nor
/// newAccount, and can work while the authority's directory is away.
struct AuthorityRecord {
  std::string directory;  ///< JSON as received; empty if never fetched
  base::WallTime directory_fetched_at{};
  std::optional<Url> account_url = {};
  friend bool operator==(const AuthorityRecord&, const AuthorityRecord&) = default;
};

}  // namespace acme
