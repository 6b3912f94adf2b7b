#pragma once

#include <optional>
#include <string_view>

namespace acme {

class Identifier;

/// How control of a name is shown: RFC 8555 §8, RFC 8737 and the drafts draft-ietf-acme-dns-account
/// -label and draft-ietf-acme-dns-persist. The numbers are stored.
enum class ChallengeType {
  http_01 = 1,
  dns_01 = 2,
  tls_alpn_01 = 3,
  dns_account_01 = 4,  ///< dns-01 at a name of its own for each account
  dns_persist_01 = 5,  ///< a TXT record that is set once and stays; has no token
};

std::string_view name_of(ChallengeType type);  ///< `http-01`
std::optional<ChallengeType> parse_challenge_type(std::string_view text);

/// Whether its answer is a TXT record.
bool is_in_dns(ChallengeType type);

/// Whether any authority can accept it for such an identifier: a wildcard by DNS only, an address
/// by anything but DNS (RFC 8555 §7.1.3, RFC 8738 §7).
bool can_prove(ChallengeType type, const Identifier& identifier);

}  // namespace acme
