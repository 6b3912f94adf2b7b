#include "agent/platform/ownership.h"

namespace agent {
namespace {

/// The name without its first label; nullopt if that would leave a single one.
std::optional<base::DomainName> parent_of(const base::DomainName& name) {
  const std::string& text = name.text();
  auto parent = base::DomainName::parse(text.substr(text.find('.') + 1));
  return parent ? std::optional(*std::move(parent)) : std::nullopt;
}

RuleViolation public_suffix(const std::string& name) {
  return {"public-suffix",
          name +
              " is a public suffix: anybody can register names below it; expected a name that "
              "is registered, or one below it"};
}

RuleViolation outside_zones(const base::DomainName& name, const HostnameFacts& facts) {
  if (name.is_wildcard() && facts.own_zone_below) {
    return {"wildcard-above-delegation",
            name.text() + " covers more than your zone " + facts.own_zone_below->text() +
                "; allowed would be *." + facts.own_zone_below->text()};
  }
  if (facts.owner) {
    return {"zone-of-another-tenant",
            name.text() + " is in the zone " + facts.owner->name.text() +
                ", which is not yours; its owner or the platform can delegate a part of it to you"};
  }
  return {"outside-zones",
          name.text() + " is in none of your zones; the platform can give you a zone that has it"};
}

}  // namespace

std::optional<Zone> owning_zone(const base::DomainName& name, const FindZone& find) {
  if (name.is_address()) return std::nullopt;
  auto candidate = base::DomainName::parse(name.bare());
  while (candidate) {
    if (std::optional<Zone> zone = find(*candidate)) return zone;
    std::optional<base::DomainName> parent = parent_of(*candidate);
    if (!parent) return std::nullopt;
    candidate = *std::move(parent);
  }
  return std::nullopt;
}

std::optional<RuleViolation> refuse_hostname(const Actor& actor,
                                             const base::DomainName& name,
                                             const HostnameFacts& facts) {
  if (actor.scope == Scope::read_only) {
    return RuleViolation{"read-only", "this token may look and not change; use an admin's"};
  }
  if (name.is_wildcard() && facts.is_public_suffix) return public_suffix(std::string(name.bare()));
  if (!actor.is_tenant()) return std::nullopt;
  if (facts.owner && facts.owner->tenant == actor.tenant) return std::nullopt;
  return outside_zones(name, facts);
}

std::optional<RuleViolation> refuse_zone(const Actor& actor,
                                         const Zone& wanted,
                                         const ZoneFacts& facts) {
  const std::string& name = wanted.name.text();
  if (actor.scope == Scope::read_only) {
    return RuleViolation{"read-only", "this token may look and not change; use an admin's"};
  }
  if (wanted.name.is_wildcard() || wanted.name.is_address()) {
    return RuleViolation{"zone-name",
                         name + " is no zone: expected a DNS name without a star, as example.org"};
  }
  if (facts.is_public_suffix) return public_suffix(name);
  if (facts.existing && facts.existing->tenant != wanted.tenant) {
    return RuleViolation{"zone-of-another-tenant",
                         "the zone " + name +
                             " belongs to another tenant; it has to be removed "
                             "there first"};
  }
  if (actor.is_tenant()) {
    if (wanted.tenant != actor.tenant) {
      return RuleViolation{"another-tenant", "you can make zones for yourself only"};
    }
    const bool is_inside = facts.enclosing && facts.enclosing->tenant == actor.tenant;
    if (!facts.existing && !is_inside) {
      return RuleViolation{"outside-zones",
                           name +
                               " is in none of your zones; the platform gives zones whose owner "
                               "it has checked"};
    }
  }
  if (facts.foreign_hostname) {
    return RuleViolation{"hostname-of-another-tenant",
                         "the zone " + name + " would take " + facts.foreign_hostname->text() +
                             " from another tenant; it has to be removed there first"};
  }
  return std::nullopt;
}

}  // namespace agent
