#pragma once

#include <cstdint>
#include <string>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

struct EventOptions {
  std::string subject{};  ///< empty: any
  std::uint64_t limit = 100;
  OutputFormat output = OutputFormat::table;
};

/// The newest events, oldest first.
ExitStatus event_list(ApiClient& api,
                      const EventOptions& options,
                      const CliEnvironment& environment);

/// The same, and then each as it happens. A daemon that goes away is waited for, and what it has
/// written meanwhile is not missed. Ends with a failure only; a person ends it.
ExitStatus event_tail(ApiClient& api,
                      const EventOptions& options,
                      const CliEnvironment& environment);

}  // namespace agent
