#pragma once

#include <string>

#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/config/config.h"

namespace agent {

/// The daemon's whole state in one file, and back. Both work on the state directory itself, not by
/// the API: they need the daemon's user.

/// `export FILE`, or `-` for out. The daemon may run meanwhile.
ExitStatus export_state(const Config& config,
                        const std::string& file,
                        const std::string& version,
                        const CliEnvironment& environment);

/// `restore FILE`, into a state directory without a database. The daemon does not run.
ExitStatus restore_state(const Config& config,
                         const std::string& file,
                         const CliEnvironment& environment);

}  // namespace agent
