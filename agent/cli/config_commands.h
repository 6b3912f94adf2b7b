#pragma once

#include <string>

#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/config/config.h"
#include "base/result.h"

namespace agent {

/// Reads a configuration for a command; prints its problems on err if it has some.
base::Result<Config, ExitStatus> read_config(const std::string& file,
                                             const CliEnvironment& environment);

/// `check`: problems on err, or a summary on out.
ExitStatus check_config(const std::string& file, const CliEnvironment& environment);

/// `haproxy-config`: prints both files, or writes them into a folder.
ExitStatus haproxy_config(const Config& config,
                          const HaproxyConfigOptions& options,
                          const CliEnvironment& environment);

}  // namespace agent
