#include "agent/config/load_challenges.h"

#include <string>

#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

using acme::ChallengeType;
using Presence = MapReader::Presence;

ScalarRule<ChallengeType> challenge_type() {
  const std::string expected = "http-01, tls-alpn-01, dns-01, dns-account-01 or dns-persist-01";
  return {expected, [](const YamlNode& node) -> base::Result<ChallengeType, std::string> {
            const auto type = acme::parse_challenge_type(node.text);
            if (!type) return base::Unexpected<std::string>("is no challenge type");
            return *type;
          }};
}

void read_rule(MapReader& map, std::vector<ChallengeRule>& rules) {
  ChallengeRule rule;
  map.read_list("names", rule.names, name_pattern(), 1, Presence::required);
  map.read_list("types", rule.types, challenge_type(), 1, Presence::required);
  rules.push_back(std::move(rule));
}

}  // namespace

void read_challenges(MapReader& map, ChallengesConfig& challenges) {
  ChallengePolicy& policy = challenges.policy;
  map.read_list("types", policy.types, challenge_type(), 1);
  map.read_maps(
      "rules", Presence::optional, "a list of rules: names and types", [&](MapReader& rule) {
        read_rule(rule, policy.rules);
      });
  map.read_list("frontends_left_alone", challenges.frontends_left_alone, proxy_name(), 1);
  TlsAlpnConfig tls_alpn;
  bool is_given = false;
  map.read_map("tls_alpn", [&](MapReader& section) {
    is_given = true;
    section.read("listen", tls_alpn.listen, endpoint());
    section.read("unix_mode", tls_alpn.unix_mode, file_mode(0777, "a mode as \"0660\""));
  });
  if (policy.uses(ChallengeType::tls_alpn_01)) {
    challenges.tls_alpn = tls_alpn;
  } else if (is_given) {
    map.refuse("tls_alpn",
               "is of no use; expected it beside tls-alpn-01 in challenges.types or in a rule");
  }
}

void check_providers(const Config& config, MapReader& map) {
  if (!config.dns.providers.empty()) return;
  for (const ChallengeType type : {ChallengeType::dns_01, ChallengeType::dns_account_01}) {
    if (!config.challenges.policy.uses(type)) continue;
    map.refuse("challenges",
               "has " + std::string(acme::name_of(type)) +
                   " and nobody who writes its record; expected a provider in dns.providers");
  }
}

}  // namespace agent
