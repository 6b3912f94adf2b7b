#include "agent/configured_rules.h"

namespace agent {

PlatformRules configured_rules(const Config& config) {
  PlatformRules rules{.challenges = config.challenges.policy,
                      .wildcard_after = static_cast<std::uint32_t>(config.platform.wildcard_after)};
  const AuthorityConfig& first = config.authorities.front();
  if (const auto& limit = first.limits.certificates_per_domain) {
    rules.domain_limit = DomainLimit{first.name, *limit, first.limits.use};
  }
  return rules;
}

}  // namespace agent
