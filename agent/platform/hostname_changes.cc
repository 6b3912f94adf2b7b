#include "agent/platform/hostname_changes.h"

#include <utility>

#include "agent/planner/gcra.h"
#include "agent/planner/registered_domain.h"
#include "agent/platform/wildcard_policy.h"

namespace agent {
namespace {

constexpr std::size_t zones_looked_at = 1000;

/// Whether we are to order one. A wish without a mode is for a new hostname, or for one of `mode`.
bool wants_order(const HostnameWish& wish, HostnameMode mode) {
  return is_ordered(wish.mode.value_or(mode));
}

RuleViolation no_wildcard(const base::DomainName& name, const std::string& reason) {
  return {"wildcard-without-dns", name.text() + " cannot have a wildcard certificate: " + reason};
}

}  // namespace

std::optional<std::string> wildcard_refusal(const Zone& zone, const PlatformRules& rules) {
  if (zone.dns == ZoneDns::none) return "the dns of its zone " + zone.name.text() + " is none";
  return rules.challenges.refusal(wildcard_of(zone.name));
}

StoreResult<std::optional<Zone>> HostnameChanges::find_owner(const base::DomainName& name) {
  std::optional<StoreError> error;
  const FindZone find = [&](const base::DomainName& candidate) -> std::optional<Zone> {
    const auto known = zones_.find(candidate);
    if (known != zones_.end()) return known->second;
    auto zone = store_.zone(candidate);
    if (!zone) {
      error = std::move(zone.error());
      return std::nullopt;
    }
    return zones_.emplace(candidate, *std::move(zone)).first->second;
  };
  std::optional<Zone> owner = owning_zone(name, find);
  if (error) return base::Unexpected(*std::move(error));
  return owner;
}

HostnameChanges::Verdict HostnameChanges::check_ownership(const base::DomainName& name,
                                                          const std::optional<Zone>& owner) {
  HostnameFacts facts{.owner = owner};
  facts.is_public_suffix = name.is_wildcard() && is_public_suffix(name);
  const bool is_owner = owner && owner->tenant == actor_.tenant;
  if (name.is_wildcard() && actor_.is_tenant() && !is_owner) {
    const auto zones = store_.zones({.tenant = actor_.tenant, .limit = zones_looked_at});
    if (!zones) return base::Unexpected(zones.error());
    const base::DomainName above = *base::DomainName::parse(name.bare());
    for (const Zone& zone : *zones) {
      if (is_within(zone.name, above)) facts.own_zone_below = zone.name;
    }
  }
  return refuse_hostname(actor_, name, facts);
}

HostnameChanges::Verdict HostnameChanges::refusal(const base::DomainName& name) {
  const auto owner = find_owner(name);
  if (!owner) return base::Unexpected(owner.error());
  return check_ownership(name, *owner);
}

/// A name that can never be proven would only fail, again and again.
std::optional<RuleViolation> HostnameChanges::check_provable(
    const HostnameWish& wish,
    const std::optional<HostnameDetail>& before,
    const std::optional<Zone>& owner) const {
  const Hostname now = before ? before->hostname : Hostname{wish.name};
  if (wish.mode == HostnameMode::wildcard) {
    if (!owner || !is_covered_by_wildcard_of(wish.name, owner->name)) {
      return RuleViolation{"not-covered",
                           wish.name.text() + " is not one label below a zone, so no wildcard " +
                               "covers it; allowed would be the mode automatic"};
    }
    if (auto reason = wildcard_refusal(*owner, rules_)) return no_wildcard(wish.name, *reason);
    return std::nullopt;
  }
  if (!wants_order(wish, now.mode)) return std::nullopt;
  if (wish.name.is_wildcard() && owner && owner->dns == ZoneDns::none) {
    return no_wildcard(wish.name, "the dns of its zone " + owner->name.text() + " is none");
  }
  // What a wildcard covers needs no challenge of its own.
  const ChallengePath path =
      now.covered_by ? ChallengePath::answered : wish.challenge_path.value_or(now.challenge_path);
  if (auto reason = rules_.challenges.refusal(wish.name, path)) {
    return RuleViolation{"provable", *std::move(reason)};
  }
  return std::nullopt;
}

StoreResult<WildcardChoice> HostnameChanges::choose(const HostnameWish& wish, const Zone& zone) {
  std::optional<Tenant> tenant;
  if (!zone.wildcard_after) {
    auto found = store_.tenant(zone.tenant);
    if (!found) return base::Unexpected(found.error());
    tenant = *std::move(found);
  }
  WildcardFacts facts;
  facts.after = wildcard_after(zone, tenant, rules_.wildcard_after);
  facts.is_requested = wish.mode == HostnameMode::wildcard;
  facts.unprovable = wildcard_refusal(zone, rules_);
  const base::DomainName name = wildcard_of(zone.name);
  const auto wildcard = store_.hostname(name);
  if (!wildcard) return base::Unexpected(wildcard.error());
  if (*wildcard && (*wildcard)->hostname.mode != HostnameMode::off) {
    facts.exists = true;
    facts.has_failed = (*wildcard)->hostname.failures > 0;
  }
  facts.exists = facts.exists || wildcards_.contains(name);
  const auto count = store_.count_below_wildcard(zone.name, facts.after);
  if (!count) return base::Unexpected(count.error());
  facts.hostnames = *count + added_[zone.name];
  if (!facts.exists && !facts.unprovable && facts.after != 0) {
    auto pressure = find_pressure(wish.name, zone);
    if (!pressure) return base::Unexpected(std::move(pressure.error()));
    facts.pressure = *std::move(pressure);
  }
  return choose_source(facts);
}

StoreResult<std::optional<std::string>> HostnameChanges::find_pressure(const base::DomainName& name,
                                                                       const Zone& zone) {
  if (!rules_.domain_limit) return std::optional<std::string>();
  DomainUse use{.domain = registered_domain(name),
                .authority = rules_.domain_limit->authority,
                .limit = rules_.domain_limit->limit};
  const auto budget =
      store_.budget(use.authority, {LimitKind::certificates_per_domain, use.domain});
  if (!budget) return base::Unexpected(budget.error());
  if (budget->learned) use.limit = *budget->learned;
  use.used = tokens_taken(gcra_of(use.limit, rules_.domain_limit->use), budget->full_at, now_);
  const auto waiting = store_.count_waiting(zone.name, use.limit.count);
  if (!waiting) return base::Unexpected(waiting.error());
  use.waiting = *waiting + added_[zone.name] + 1;
  return pressure_of(use);
}

StoreResult<std::optional<base::DomainName>> HostnameChanges::find_cover(const HostnameWish& wish,
                                                                         const Zone& zone) {
  const auto choice = choose(wish, zone);
  if (!choice) return base::Unexpected(choice.error());
  if (choice->source == WildcardChoice::Source::own) return std::optional<base::DomainName>();
  const base::DomainName wildcard = wildcard_of(zone.name);
  if (wildcards_.insert(wildcard).second) {
    HostnameSettings settings{wildcard, HostnameMode::automatic};
    settings.zone = zone.name;
    settings.reason = choice->reason;
    settings_.push_back(std::move(settings));
  }
  return std::optional(wildcard);
}

HostnameChanges::Verdict HostnameChanges::add_settings(const HostnameWish& wish) {
  const auto owner = find_owner(wish.name);
  if (!owner) return base::Unexpected(owner.error());
  Verdict verdict = check_ownership(wish.name, *owner);
  if (!verdict || *verdict) return verdict;
  const auto before = store_.hostname(wish.name);
  if (!before) return base::Unexpected(before.error());
  const bool is_new = !*before;
  const HostnameMode mode = is_new ? HostnameMode::automatic : (*before)->hostname.mode;
  if (auto violation = check_provable(wish, *before, *owner)) return violation;
  HostnameSettings settings{wish.name, wish.mode, wish.https_redirect, wish.challenge_path};
  if (*owner) settings.zone = (*owner)->name;
  const bool begins_anew = is_new || (wish.mode && *wish.mode != (*before)->hostname.mode);
  const bool can_be_covered = *owner && is_covered_by_wildcard_of(wish.name, (*owner)->name);
  if (begins_anew && can_be_covered && wants_order(wish, mode)) {
    const auto cover = find_cover(wish, **owner);
    if (!cover) return base::Unexpected(cover.error());
    settings.covered_by = *cover;
    if (is_new) ++added_[(*owner)->name];
  }
  settings_.push_back(std::move(settings));
  return std::optional<RuleViolation>();
}

StoreResult<HostnameChange> HostnameChanges::put(std::span<const HostnameWish> wishes,
                                                 OnRefusal on_refusal) {
  HostnameChange change;
  settings_.clear();
  std::vector<std::size_t> places;  // of each wish's own settings
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    Verdict verdict = add_settings(wishes[i]);
    if (!verdict) return base::Unexpected(std::move(verdict.error()));
    if (*verdict) {
      change.refused.push_back({i, **std::move(verdict)});
      places.push_back(SIZE_MAX);
    } else {
      places.push_back(settings_.size() - 1);
    }
  }
  change.outcomes.resize(wishes.size());
  if (on_refusal == OnRefusal::refuse_all && !change.refused.empty()) return change;
  const ActingAs acting(store_, actor_.name);
  const auto outcomes = store_.add_hostnames(settings_, now_);
  if (!outcomes) return base::Unexpected(outcomes.error());
  for (std::size_t i = 0; i < outcomes->size(); ++i) {
    if ((*outcomes)[i] != AddOutcome::unchanged) change.changed.push_back(settings_[i].name);
  }
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (places[i] != SIZE_MAX) change.outcomes[i] = (*outcomes)[places[i]];
  }
  return change;
}

}  // namespace agent
