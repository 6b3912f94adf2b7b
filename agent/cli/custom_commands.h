#pragma once

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

/// Certificates that owners of hostnames bring, and take with them.

/// Has a key and its CSR made, or shows the one that waits; PEM on out or into a file.
ExitStatus certificate_csr(ApiClient& api,
                           const CertificateCsrOptions& options,
                           const CliEnvironment& environment);
/// PEM on out or into a file, which nobody but its owner can read.
ExitStatus certificate_export(ApiClient& api,
                              const CertificateExportOptions& options,
                              const CliEnvironment& environment);
ExitStatus certificate_install(ApiClient& api,
                               const CertificateInstallOptions& options,
                               const CliEnvironment& environment);

}  // namespace agent
