#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// Why a certificate is revoked (RFC 5280 §5.3.1): those that Let's Encrypt takes from the account
/// that ordered it. The numbers are sent.
enum class RevocationReason {
  unspecified = 0,
  key_compromise = 1,
  superseded = 4,
  cessation_of_operation = 5,
};

std::string_view to_string(RevocationReason reason);  ///< `keyCompromise`
/// The inverse of to_string(); nullopt for any other text.
std::optional<RevocationReason> parse_revocation_reason(std::string_view text);

/// The payload of revokeCert (RFC 8555 §7.6) for the leaf of this PEM chain; nullopt if that cannot
/// be read. The authority's already_revoked is a success.
std::optional<std::string> revocation_payload(std::string_view chain_pem, RevocationReason reason);

}  // namespace acme
