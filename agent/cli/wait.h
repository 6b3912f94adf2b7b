#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/cli/api_client.h"
#include "agent/cli/environment.h"
#include "agent/cli/progress.h"

namespace agent {

/// A hostname whose certificate is waited for.
struct WaitTarget {
  std::string name{};          ///< as the daemon spells it
  std::string old_serial{};    ///< of a certificate that does not count; empty if any does
  std::uint64_t failures = 0;  ///< so many failed orders are old news
};

/// What the daemon's hostname object means for somebody who waits.
Progress judge(const WaitTarget& target, const nlohmann::ordered_json& hostname);

struct WaitResult {
  ExitStatus status = ExitStatus::ok;               ///< failed if one is not served
  std::vector<nlohmann::ordered_json> hostnames{};  ///< as last seen, in the order of the targets
};

/// Asks again and again until each is served or has failed, or the time is up, and shows how far
/// they are. A daemon that does not answer may be starting: it is asked again.
WaitResult wait_until_served(ApiClient& api,
                             const std::vector<WaitTarget>& targets,
                             std::chrono::milliseconds timeout,
                             const CliEnvironment& environment,
                             ProgressView& view);

}  // namespace agent
