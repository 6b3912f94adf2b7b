#pragma once

#include <string>
#include <vector>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

ExitStatus account_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment);
ExitStatus account_show(ApiClient& api,
                        const AccountCommandOptions& options,
                        const CliEnvironment& environment);
ExitStatus account_contact(ApiClient& api,
                           const AccountCommandOptions& options,
                           const CliEnvironment& environment);
ExitStatus account_rollover(ApiClient& api,
                            const AccountCommandOptions& options,
                            const CliEnvironment& environment);
ExitStatus account_deactivate(ApiClient& api,
                              const AccountCommandOptions& options,
                              const CliEnvironment& environment);
ExitStatus account_register(ApiClient& api,
                            const AccountCommandOptions& options,
                            const CliEnvironment& environment);

/// The records that the owners of `names` set once.
ExitStatus dns_record(ApiClient& api,
                      const std::vector<std::string>& names,
                      OutputFormat output,
                      const CliEnvironment& environment);

}  // namespace agent
