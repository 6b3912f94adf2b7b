#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/config/config.h"

namespace agent {

/// What the command line starts and does not know.
struct CliHooks {
  std::string version{};
  /// Runs the daemon until it is told to stop; the process's exit status. `config_file` is what
  /// `config` was read from, to be read again on SIGHUP. A std::exception that it throws is
  /// printed; its text is for the operator.
  std::function<int(const std::string& config_file, Config config)> serve{};
};

/// The whole command line: parses, runs the command, returns the process's exit status (ExitStatus;
/// that of `serve` as the hook gives it).
int run_cli(int argc, char** argv, const CliHooks& hooks);

/// The same with everything injected. `arguments` are without the program's name.
int run_cli(const std::vector<std::string>& arguments,
            const CliHooks& hooks,
            const CliEnvironment& environment);

}  // namespace agent
