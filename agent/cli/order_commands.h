#pragma once

#include <string>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

/// The open orders of an authority; empty: of all.
ExitStatus order_list(ApiClient& api,
                      const std::string& authority,
                      OutputFormat output,
                      const CliEnvironment& environment);

}  // namespace agent
