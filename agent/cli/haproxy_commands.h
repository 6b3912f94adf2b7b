#pragma once

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

/// ok if every HAProxy is connected and in sync, else failed.
ExitStatus haproxy_status(ApiClient& api, OutputFormat output, const CliEnvironment& environment);

/// What each HAProxy lacks or has too much; without `dry_run` it is made good. With it, failed if
/// there is a difference.
ExitStatus haproxy_sync(ApiClient& api,
                        const HaproxySyncOptions& options,
                        const CliEnvironment& environment);

/// Handshakes, with progress; failed if one certificate is not served somewhere.
ExitStatus verify(ApiClient& api, const VerifyOptions& options, const CliEnvironment& environment);

}  // namespace agent
