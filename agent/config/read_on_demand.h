#pragma once

#include "agent/config/config.h"
#include "agent/config/map_reader.h"

namespace agent {

/// Reads the section `on_demand`.
void read_on_demand(MapReader& map, OnDemandConfig& on_demand);
/// What only the whole section shows; `map` is of the document.
void check_on_demand(const Config& config, MapReader& map);

/// Reads the section `unused`.
void read_unused(MapReader& map, UnusedConfig& unused);

}  // namespace agent
