#pragma once

// Inside agent/cli/doctor_*.cc only.

#include <string>

#include "base/endpoint.h"
#include "base/result.h"

namespace agent {

/// One command that changes nothing and lists nothing, on a connection of its own (management.txt
/// §9.3, non-interactive). The error is a sentence. Blocks for five seconds at most.
base::Result<std::string, std::string> ask_runtime_api(const base::Endpoint& where,
                                                       const std::string& command);

}  // namespace agent
