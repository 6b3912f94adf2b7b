#pragma once

#include "agent/config/dns_config.h"
#include "agent/config/map_reader.h"

namespace agent {

/// Reads the section `dns`.
void read_dns(MapReader& map, DnsConfig& dns);

/// Reads the section `preflight`.
void read_preflight(MapReader& map, PreflightConfig& preflight);

}  // namespace agent
