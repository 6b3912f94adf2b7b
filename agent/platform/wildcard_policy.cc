#include "agent/platform/wildcard_policy.h"

#include <chrono>

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
  const bool is_before = facts.hostnames + 1 < facts.after;
  if (!facts.exists && is_before && !facts.pressure) return {};
  if (facts.unprovable) return {Source::own, "no wildcard: " + *facts.unprovable};
  if (facts.has_failed) return {Source::own, "no wildcard: its last order failed"};
  if (facts.exists) return {Source::wildcard, "its zone has one"};
  if (is_before) return {Source::wildcard, *facts.pressure};
  return {Source::wildcard, "hostname " + std::to_string(facts.hostnames + 1) + " of its zone"};
}

std::optional<std::string> pressure_of(const DomainUse& use) {
  if ((use.used + use.waiting) * 5 <= std::uint64_t{use.limit.count} * 4) return std::nullopt;
  const auto days = std::chrono::ceil<std::chrono::days>(use.limit.period).count();
  return use.authority + " gives " + use.domain + " " + std::to_string(use.limit.count) +
         " certificates in " + std::to_string(days) + " days: " + std::to_string(use.used) +
         " are used up, " + std::to_string(use.waiting) + " are waited for";
}

}  // namespace agent
