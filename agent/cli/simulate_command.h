#pragma once

#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/config/config.h"

namespace agent {

/// `simulate`: what the configuration means for a number of names.
ExitStatus simulate_config(const Config& config,
                           const SimulateOptions& options,
                           const CliEnvironment& environment);

}  // namespace agent
