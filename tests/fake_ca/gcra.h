#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace fake_ca {

/// A bucket of `burst` tokens that refills wholly in `period`. A burst of 0 is no limit.
struct Limit {
  int burst = 0;
  std::chrono::milliseconds period{0};
  friend bool operator==(const Limit&, const Limit&) = default;
};

/// One limit's buckets by key (GCRA): one timestamp each, the theoretical arrival time. A full
/// bucket is one whose time is past.
class Gcra {
 public:
  using Duration = std::chrono::microseconds;

  /// How long to wait until one token is there; nullopt if it is there now.
  std::optional<Duration> wait(const std::string& key,
                               const Limit& limit,
                               base::WallTime now) const {
    if (limit.burst <= 0) return std::nullopt;
    const Duration ahead = next(key, limit, now) - now.time_since_epoch();
    const Duration room = limit.period;
    if (ahead <= room) return std::nullopt;
    return ahead - room;
  }

  /// Takes one token, whether it is there or not.
  void spend(const std::string& key, const Limit& limit, base::WallTime now) {
    if (limit.burst > 0) arrivals_[key] = next(key, limit, now);
  }

  /// Spent tokens that have not come back, rounded up.
  long spent(const std::string& key, const Limit& limit, base::WallTime now) const {
    const auto found = arrivals_.find(key);
    if (found == arrivals_.end() || limit.burst <= 0) return 0;
    const Duration ahead = found->second - now.time_since_epoch();
    const Duration step = limit.period / limit.burst;
    return std::max(0L, static_cast<long>((ahead + step - Duration(1)) / step));
  }

  void reset(const std::string& key) { arrivals_.erase(key); }
  void forget() { arrivals_.clear(); }

 private:
  /// The arrival time after one more token.
  Duration next(const std::string& key, const Limit& limit, base::WallTime now) const {
    const auto found = arrivals_.find(key);
    const Duration since = now.time_since_epoch();
    const Duration arrival = found == arrivals_.end() ? since : std::max(found->second, since);
    return arrival + Duration(limit.period) / limit.burst;
  }

  std::unordered_map<std::string, Duration> arrivals_;
};

}  // namespace fake_ca
