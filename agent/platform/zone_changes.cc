#include "agent/platform/zone_changes.h"

#include <utility>

#include "agent/planner/registered_domain.h"

namespace agent {
namespace {

StoreResult<ZoneFacts> facts_of(Store& store, const Zone& wanted) {
  ZoneFacts facts;
  if (wanted.name.is_wildcard() || wanted.name.is_address()) return facts;
  facts.is_public_suffix = is_public_suffix(wanted.name);
  std::optional<StoreError> error;
  const FindZone find = [&](const base::DomainName& name) -> std::optional<Zone> {
    auto zone = store.zone(name);
    if (zone && *zone && name == wanted.name) {
      facts.existing = *std::move(zone);
      return std::nullopt;  // look for the one above it
    }
    if (zone) return *std::move(zone);
    error = std::move(zone.error());
    return std::nullopt;
  };
  facts.enclosing = owning_zone(wanted.name, find);
  if (error) return base::Unexpected(*std::move(error));
  const bool takes_from_another =
      !facts.existing && facts.enclosing && facts.enclosing->tenant != wanted.tenant;
  if (takes_from_another) {
    auto hostname = store.hostname_within(facts.enclosing->name, wanted.name);
    if (!hostname) return base::Unexpected(std::move(hostname.error()));
    facts.foreign_hostname = *std::move(hostname);
  }
  return facts;
}

StoreResult<ZoneChange> check_and_put(Store& store,
                                      const Actor& actor,
                                      const Zone& wanted,
                                      base::WallTime now) {
  const auto facts = facts_of(store, wanted);
  if (!facts) return base::Unexpected(facts.error());
  ZoneChange change;
  change.refused = refuse_zone(actor, wanted, *facts);
  if (change.refused) return change;
  const auto outcome = store.put_zone(wanted, now);
  if (!outcome) return base::Unexpected(outcome.error());
  change.outcome = *outcome;
  const bool loses_dns =
      wanted.dns == ZoneDns::none && facts->existing && facts->existing->dns != ZoneDns::none;
  if (!loses_dns) return change;
  const base::DomainName wildcard = wildcard_of(wanted.name);
  const auto removed = store.remove_hostnames(std::span(&wildcard, 1), now);
  if (!removed) return base::Unexpected(removed.error());
  if (removed->front() == RemoveOutcome::removed) change.changed.push_back(wildcard);
  return change;
}

}  // namespace

StoreResult<ZoneChange> put_zone(Store& store,
                                 const Actor& actor,
                                 const Zone& wanted,
                                 base::WallTime now) {
  const ActingAs acting(store, actor.name);
  StoreResult<ZoneChange> change = ZoneChange();
  const StoreResult<void> committed =
      store.commit_together([&] { change = check_and_put(store, actor, wanted, now); });
  if (change && !committed) return base::Unexpected(committed.error());
  return change;
}

StoreResult<std::optional<RuleViolation>> refuse_zone_removal(Store& store,
                                                              const Actor& actor,
                                                              const base::DomainName& name) {
  if (actor.scope == Scope::admin) return std::optional<RuleViolation>();
  if (actor.scope == Scope::read_only) {
    return std::optional(
        RuleViolation{"read-only", "this token may look and not change; use an admin's"});
  }
  const auto zone = store.zone(name);
  if (!zone) return base::Unexpected(zone.error());
  if (*zone && (*zone)->tenant == actor.tenant) return std::optional<RuleViolation>();
  return std::optional(RuleViolation{"outside-zones", name.text() + " is none of your zones"});
}

}  // namespace agent
