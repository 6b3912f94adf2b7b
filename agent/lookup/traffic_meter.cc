#include "agent/lookup/traffic_meter.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace agent {
namespace {

/// 1 from 1 on, 2 from 4 on, 3 from 16 on, ….
std::uint8_t level_of(std::uint32_t samples) {
  const int level = (std::bit_width(samples) + 1) / 2;
  return static_cast<std::uint8_t>(std::min<int>(level, HostnameTraffic::busiest));
}

std::uint32_t fewest_of(std::uint8_t level) {
  return level == 0 ? 0 : std::uint32_t{1} << (2 * (level - 1));
}

}  // namespace

void TrafficMeter::restore(std::span<const HostnameTraffic> traffic) {
  for (const HostnameTraffic& one : traffic) {
    if (entries_.size() == most_) return;
    entries_.insert_or_assign(one.name.text(), Entry{fewest_of(one.level), one.level});
  }
}

void TrafficMeter::count(std::string_view name) {
  std::string key(name);
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    ++found->second.samples;
  } else if (entries_.size() < most_) {
    entries_.emplace(std::move(key), Entry{1, 0});
  }
}

std::vector<HostnameTraffic> TrafficMeter::take_changes() {
  std::vector<HostnameTraffic> changes;
  for (auto& [text, entry] : entries_) {
    const std::uint8_t level = level_of(entry.samples);
    entry.samples /= 2;
    if (level == entry.stored) continue;
    entry.stored = level;
    if (auto name = base::DomainName::parse(text)) changes.push_back({*std::move(name), level});
  }
  std::erase_if(entries_, [](const auto& entry) {
    return entry.second.samples == 0 && entry.second.stored == 0;
  });
  return changes;
}

}  // namespace agent
