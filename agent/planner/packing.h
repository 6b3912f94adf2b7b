#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "agent/planner/budgets.h"
#include "base/clock.h"

namespace agent {

/// How many names first certificates have.
struct Packing {
  /// nullopt: `auto`, one while the backlog would be gone within `longest_backlog`, else just as
  /// many as it takes for that, as far as the authority's limit goes, until the backlog is gone.
  std::optional<std::size_t> names_per_certificate = 1;
  std::chrono::milliseconds longest_backlog = std::chrono::hours(24);
  friend bool operator==(const Packing&, const Packing&) = default;
};

/// How many names the next first certificates get, at least 1. `backlog`: hostnames that wait for
/// their first certificate; `before`: what the last call said, 1 at first. Pure.
std::size_t pack_size(const Packing& packing,
                      std::uint64_t backlog,
                      const Budgets& budgets,
                      base::WallTime now,
                      std::size_t before = 1);

}  // namespace agent
