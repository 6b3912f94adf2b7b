#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/limits.h"
#include "agent/planner/packing.h"
#include "base/clock.h"

namespace agent {

/// The next authority, where the wait at those before is longer than a hostname can wait.
struct SimulatedFailOver {
  std::string authority{};
  AuthorityLimits limits{};
};

/// A fleet of hostnames, all added at once, and the authorities that are to serve them.
struct SimulationOptions {
  std::string authority = "letsencrypt";
  AuthorityLimits limits{};  ///< what the planner knows
  /// What the authority really has, if that is something else.
  std::optional<AuthorityLimits> real_limits = std::nullopt;
  std::vector<SimulatedFailOver> fail_over{};  ///< the other ones, in their order
  Packing packing{};
  std::uint64_t names = 100'000;
  std::uint64_t names_per_domain = 1;  ///< names of one registered domain
  double dead = 0;                     ///< part of the names that fail every time, 0 to 1
  std::chrono::days days{365};
  std::chrono::milliseconds lifetime = std::chrono::days(90);  ///< of certificates
  /// The authority has renewal info (RFC 9773); its window is Boulder's.
  bool has_renewal_info = true;
  std::size_t orders_in_flight = 32;
  std::chrono::milliseconds order_time = std::chrono::seconds(8);  ///< from newOrder to the end
  std::uint64_t seed = 1;
};

/// One day, or a part of one at the end.
struct SimulatedDay {
  std::uint64_t first_certificates = 0;
  std::uint64_t renewals = 0;
  std::uint64_t failed_orders = 0;
  std::uint64_t refusals = 0;  ///< 429
  std::uint64_t backlog = 0;   ///< names that work and have no certificate, at the day's end
  friend bool operator==(const SimulatedDay&, const SimulatedDay&) = default;
};

/// What one authority has done.
struct SimulatedAuthority {
  std::string name{};
  std::uint64_t orders = 0;          ///< requests to newOrder
  std::uint64_t charged_orders = 0;  ///< that took one of the account's tokens
  std::uint64_t certificates = 0;
  std::uint64_t refusals = 0;  ///< 429
  friend bool operator==(const SimulatedAuthority&, const SimulatedAuthority&) = default;
};

struct SimulationResult {
  std::vector<SimulatedAuthority> authorities{};  ///< in the order of fail-over
  std::vector<SimulatedDay> days{};
  std::uint64_t names = 0;
  std::uint64_t served = 0;          ///< names that have a certificate at the end
  std::uint64_t orders = 0;          ///< requests to newOrder
  std::uint64_t refusals = 0;        ///< 429
  std::uint64_t charged_orders = 0;  ///< that took one of the account's tokens
  std::uint64_t renewed_late = 0;    ///< names whose certificate expired before its renewal
  /// From the start to the last name that works having its first certificate; nullopt if some has
  /// none at the end.
  std::optional<std::chrono::milliseconds> all_served_after = std::nullopt;
  /// Part of the first account's new-order tokens until then (or the end) that was used; 0 without
  /// limit.
  double bucket_used = 0;
  std::uint64_t plans = 0;  ///< calls of the planner
};

/// Runs planner and budgets, as the daemon does, on a virtual clock against ModelCa. The same
/// options give the same result. Pure.
SimulationResult simulate(const SimulationOptions& options);

}  // namespace agent
