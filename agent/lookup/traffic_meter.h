#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/model/hostname.h"

namespace agent {

/// How busy hostnames are, by samples of what was asked for: counts that are halved at intervals.
/// Level 1 is one sample, each further level four times as many. Knows no more than `most`
/// hostnames; while it is full, new ones are not counted: at the next halving the quietest go.
class TrafficMeter {
 public:
  explicit TrafficMeter(std::size_t most) : most_(most) {}

  /// What is known from earlier, and stored already.
  void restore(std::span<const HostnameTraffic> traffic);
  /// One sample. REQUIRES: `name` is the text of a base::DomainName.
  void count(std::string_view name);
  /// Halves all counts, after taking the levels. Returns those that are to be stored: that have
  /// changed since they were last returned.
  std::vector<HostnameTraffic> take_changes();

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint32_t samples = 0;
    std::uint8_t stored = 0;  ///< level
  };
  std::size_t most_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace agent
