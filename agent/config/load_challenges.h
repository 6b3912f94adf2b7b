#pragma once

#include "agent/config/config.h"
#include "agent/config/map_reader.h"

namespace agent {

/// The section `challenges`.
void read_challenges(MapReader& map, ChallengesConfig& challenges);

/// Notes at `challenges` the types that need a DNS provider while there is none.
void check_providers(const Config& config, MapReader& map);

}  // namespace agent
