#include "agent/platform/wildcard_policy.h"

namespace agent {

std::uint32_t wildcard_after(const Zone& zone,
                             const std::optional<Tenant>& tenant,
                             std::uint32_t configured) {
  if (zone.wildcard_after) return *zone.wildcard_after;
  return tenant ? tenant->wildcard_after.value_or(configured) : configured;
}

WildcardChoice choose_source(const WildcardFacts& facts) {
  using Source = WildcardChoice::Source;
  if (facts.is_requested) return {Source::wildcard, "on request"};
  if (facts.after == 0) return {};
  if (!facts.exists && facts.hostnames + 1 < facts.after) return {};
  if (facts.unprovable) return {Source::own, "no wildcard: " + *facts.unprovable};
  if (facts.has_failed) return {Source::own, "no wildcard: its last order failed"};
  if (facts.exists) return {Source::wildcard, "its zone has one"};
  return {Source::wildcard, "hostname " + std::to_string(facts.hostnames + 1) + " of its zone"};
}

}  // namespace agent
