#include "acme/challenge_type.h"

#include "acme/types.h"

namespace acme {

std::string_view name_of(ChallengeType type) {
  switch (type) {
    case ChallengeType::http_01: return "http-01";
    case ChallengeType::dns_01: return "dns-01";
    case ChallengeType::tls_alpn_01: return "tls-alpn-01";
    case ChallengeType::dns_account_01: return "dns-account-01";
    case ChallengeType::dns_persist_01: return "dns-persist-01";
  }
  return {};
}

std::optional<ChallengeType> parse_challenge_type(std::string_view text) {
  for (const ChallengeType type : {ChallengeType::http_01,
                                   ChallengeType::dns_01,
                                   ChallengeType::tls_alpn_01,
                                   ChallengeType::dns_account_01,
                                   ChallengeType::dns_persist_01}) {
    if (name_of(type) == text) return type;
  }
  return std::nullopt;
}

bool is_in_dns(ChallengeType type) {
  switch (type) {
    case ChallengeType::http_01:
    case ChallengeType::tls_alpn_01: return false;
    case ChallengeType::dns_01:
    case ChallengeType::dns_account_01:
    case ChallengeType::dns_persist_01: return true;
  }
  return false;
}

bool can_prove(ChallengeType type, const Identifier& identifier) {
  if (identifier.name().is_wildcard()) return is_in_dns(type);
  if (identifier.name().is_address()) return !is_in_dns(type);
  return true;
}

}  // namespace acme
