#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "acme/types.h"
#include "base/clock.h"

namespace acme {

/// Where the dns-persist-01 record of an identifier stands, a wildcard's at its bare name:
/// `_validation-persist.example.com`.
std::string persist_name(const Identifier& identifier);

/// The record by which the owner of a name lets an account have certificates for it, until it is
/// removed: `ca.example; accounturi=https://…`; for a wildcard with `; policy=wildcard`, and with
/// `; persistUntil=` and seconds if it is to end.
std::string persist_record(std::string_view issuer_domain,
                           std::string_view account_url,
                           const Identifier& identifier,
                           std::optional<base::WallTime> until = std::nullopt);

/// Whose leave is looked for.
struct PersistQuestion {
  std::span<const std::string> issuer_domains;  ///< a record for any of them will do
  std::string_view account_url;
  const Identifier& identifier;
};

/// Whether a TXT record found at persist_name() gives it, read as Boulder reads it: tags in any
/// case and order, unknown ones skipped; a tag twice or without `=` makes the record void, and so
/// does a `;` at its end.
bool persist_record_allows(std::string_view record,
                           const PersistQuestion& question,
                           base::WallTime now);

}  // namespace acme
