#pragma once

#include <string>
#include <vector>

#include "agent/config/config.h"

namespace agent {

/// The keys that differ and take effect with the next start only, as `spop.workers`; of a list that
/// differs, the list. Empty if a reload (SIGHUP) is enough: those keys are `log.level` and
/// `issuer.orders_in_flight`.
std::vector<std::string> restart_needed(const Config& running, const Config& wanted);

}  // namespace agent
