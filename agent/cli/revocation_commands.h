#pragma once

#include <string>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

ExitStatus certificate_revoke(ApiClient& api,
                              const CertificateRevokeOptions& options,
                              const CliEnvironment& environment);
/// `state` is empty for all.
ExitStatus certificate_revocations(ApiClient& api,
                                   const std::string& state,
                                   OutputFormat output,
                                   const CliEnvironment& environment);

}  // namespace agent
