#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/api/figures.h"
#include "agent/store/store.h"

namespace agent {

/// How many wanted certificates run out within a time; each bucket contains those before it.
struct ExpiryCounts {
  static constexpr std::array<int, 6> days = {0, 1, 3, 7, 14, 30};
  std::array<std::uint64_t, days.size()> within{};
  std::uint64_t total = 0;

  void count(base::WallTime not_after, base::WallTime now);
};

/// What the store knows; what could not be read is absent.
struct StoreFigures {
  std::optional<HostnameCounts> hostnames{};
  std::optional<ExpiryCounts> certificates{};
  std::optional<CustomCounts> custom{};
};

/// In Prometheus's terms; each says itself what it is.
std::vector<prometheus::MetricFamily> to_families(const Figures& figures);
std::vector<prometheus::MetricFamily> to_families(const StoreFigures& figures);

}  // namespace agent
