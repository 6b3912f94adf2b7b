#pragma once

#include "agent/config/config.h"
#include "agent/platform/platform_rules.h"

namespace agent {

PlatformRules configured_rules(const Config& config);

}  // namespace agent
