#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/limits.h"
#include "base/domain_name.h"

namespace agent {

/// The sections `on_demand` and `unused`; docs/on-demand.md says what they mean to an operator.
/// Values.

/// Exactly one of `ask`, `zones` and `allow` is set.
struct OnDemandConfig {
  std::string ask{};                                  ///< URL without a query
  bool zones = false;                                 ///< whatever is in a zone of a tenant
  std::vector<base::DomainName> allow{};              ///< patterns: see covers()
  std::optional<std::string> ca_file = std::nullopt;  ///< PEM roots to trust for `ask`
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  RateLimit limit{20, std::chrono::hours(1)};  ///< hostnames added of one registered domain
  std::size_t queue = 1'000;                   ///< names that wait to be asked about
  std::size_t max_labels = 6;                  ///< of a name
  std::chrono::milliseconds yes_ttl = std::chrono::hours(1);
  std::chrono::milliseconds no_ttl = std::chrono::hours(1);
  std::chrono::milliseconds retry = std::chrono::minutes(1);  ///< after no answer
  friend bool operator==(const OnDemandConfig&, const OnDemandConfig&) = default;
};

struct UnusedConfig {
  std::size_t after_days = 30;  ///< 0: never
  /// Ours, as inet_ntop(3) writes them; those of `preflight` if the file has none here.
  std::vector<std::string> addresses{};
  bool is_on() const { return after_days > 0 && !addresses.empty(); }
  friend bool operator==(const UnusedConfig&, const UnusedConfig&) = default;
};

}  // namespace agent
