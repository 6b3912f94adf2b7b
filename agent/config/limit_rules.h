#pragma once

#include <optional>
#include <string_view>

#include "agent/config/map_reader.h"
#include "agent/config/scalar_rule.h"
#include "agent/model/limits.h"

namespace agent {

/// `300 / 3h`, or `none`.
ScalarRule<std::optional<RateLimit>> rate_limit();

/// Takes the keys of `authorities[].limits`; what is left out stays as it is in `limits`, or as the
/// preset that the map names has it. `profile` is the authority's.
void read_limits(MapReader& map, std::string_view profile, AuthorityLimits& limits);

}  // namespace agent
