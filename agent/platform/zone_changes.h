#pragma once

#include <optional>
#include <vector>

#include "agent/model/actor.h"
#include "agent/platform/ownership.h"
#include "agent/store/store.h"

namespace agent {

/// What became of a zone that somebody wants to make or change.
struct ZoneChange {
  std::optional<RuleViolation> refused = std::nullopt;  ///< then nothing was done
  AddOutcome outcome = AddOutcome::unchanged;
  std::vector<base::DomainName> changed{};  ///< hostnames, because their wildcard was withdrawn
};

/// Makes or changes the zone, if the rules of ownership allow it. A zone whose dns becomes none
/// loses its wildcard; what that covered gets certificates of its own. Works inside one call of a
/// Database.
StoreResult<ZoneChange> put_zone(Store& store,
                                 const Actor& actor,
                                 const Zone& wanted,
                                 base::WallTime now);

/// nullopt if the actor may remove it, or look at it in full. Also for zones that are not there.
StoreResult<std::optional<RuleViolation>> refuse_zone_removal(Store& store,
                                                              const Actor& actor,
                                                              const base::DomainName& zone);

}  // namespace agent
