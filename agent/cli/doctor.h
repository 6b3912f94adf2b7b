#pragma once

#include <string>
#include <vector>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/doctor_checks.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/config/config.h"

namespace agent {

/// The daemon by its API: it runs, is ready, and its HAProxy instances are in step.
Findings check_daemon(ApiClient& api);

/// All checks, and these hostnames; prints what they found. `failed` if one is a problem.
ExitStatus doctor(ApiClient& api,
                  const Config& config,
                  const std::vector<std::string>& names,
                  OutputFormat output,
                  const CliEnvironment& environment);

}  // namespace agent
