#pragma once

#include <string>
#include <vector>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

ExitStatus hostname_add(ApiClient& api,
                        const HostnameAddOptions& options,
                        const CliEnvironment& environment);
ExitStatus hostname_remove(ApiClient& api,
                           const std::vector<std::string>& names,
                           OutputFormat output,
                           const CliEnvironment& environment);
ExitStatus hostname_list(ApiClient& api,
                         const HostnameListOptions& options,
                         const CliEnvironment& environment);
ExitStatus hostname_show(ApiClient& api,
                         const std::vector<std::string>& names,
                         OutputFormat output,
                         const CliEnvironment& environment);

}  // namespace agent
