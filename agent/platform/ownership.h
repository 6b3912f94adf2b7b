#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/model/actor.h"
#include "agent/model/zone.h"
#include "base/domain_name.h"

namespace agent {

/// Why somebody may not do something.
struct RuleViolation {
  std::string rule{};    ///< for programs: `public-suffix`, `zone-of-another-tenant`, ...
  std::string detail{};  ///< a sentence that says what would be allowed; names no other tenant

  friend bool operator==(const RuleViolation&, const RuleViolation&) = default;
};

/// The zone of exactly this name, if there is one.
using FindZone = std::function<std::optional<Zone>(const base::DomainName& name)>;

/// The longest zone that has the name; a wildcard by its bare name, so that `*.foo.example.org` is
/// foo.example.org's and `*.example.org` never is. At most 127 look-ups.
std::optional<Zone> owning_zone(const base::DomainName& name, const FindZone& find);

/// What is known of a hostname that somebody wants.
struct HostnameFacts {
  std::optional<Zone> owner = std::nullopt;  ///< owning_zone()
  /// For a wildcard: a zone of the actor's tenant below its bare name, if there is one.
  std::optional<base::DomainName> own_zone_below = std::nullopt;
  bool is_public_suffix = false;  ///< of the bare name
};

/// nullopt: the actor may add it, change it, remove it and have a certificate for it. A tenant may
/// inside its zones. An admin may anywhere; a name in no zone is the platform's own. Nobody has the
/// wildcard of a public suffix.
std::optional<RuleViolation> refuse_hostname(const Actor& actor,
                                             const base::DomainName& name,
                                             const HostnameFacts& facts);

/// What is known of a zone that somebody wants to make.
struct ZoneFacts {
  std::optional<Zone> existing = std::nullopt;   ///< of the same name
  std::optional<Zone> enclosing = std::nullopt;  ///< the longest above it
  /// A hostname at or below its name that is in another tenant's zone, if there is one, except
  /// those in zones below it.
  std::optional<base::DomainName> foreign_hostname = std::nullopt;
  bool is_public_suffix = false;
};

/// nullopt: the actor may make the zone, or give the existing one new settings. A tenant gets a
/// zone of its own inside its zones; all others are given by an admin, who has seen that the name
/// is the tenant's. A zone does not change hands.
std::optional<RuleViolation> refuse_zone(const Actor& actor,
                                         const Zone& wanted,
                                         const ZoneFacts& facts);

}  // namespace agent
