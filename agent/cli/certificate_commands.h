#pragma once

#include <string>
#include <vector>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

ExitStatus certificate_list(ApiClient& api,
                            const CertificateListOptions& options,
                            const CliEnvironment& environment);
/// Each of `names` is a hostname, or the id of a certificate.
ExitStatus certificate_show(ApiClient& api,
                            const std::vector<std::string>& names,
                            OutputFormat output,
                            const CliEnvironment& environment);
ExitStatus certificate_renew(ApiClient& api,
                             const CertificateRenewOptions& options,
                             const CliEnvironment& environment);

}  // namespace agent
