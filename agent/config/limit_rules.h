#pragma once

#include <string_view>

#include "agent/config/map_reader.h"
#include "agent/model/limits.h"

namespace agent {

/// Takes the keys of `authorities[].limits`; what is left out stays as it is in `limits`, or as the
/// preset that the map names has it. `profile` is the authority's.
void read_limits(MapReader& map, std::string_view profile, AuthorityLimits& limits);

}  // namespace agent
