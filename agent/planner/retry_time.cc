#include "agent/planner/retry_time.h"

#include <algorithm>
#include <cmath>

namespace agent {
namespace {

using namespace std::chrono_literals;

std::chrono::milliseconds scale(std::chrono::milliseconds delay, double factor) {
  return std::chrono::milliseconds(std::llround(factor * static_cast<double>(delay.count())));
}

std::chrono::minutes backoff(std::uint32_t failures) {
  if (failures <= 1) return 1min;
  if (failures == 2) return 10min;
  if (failures == 3) return 100min;
  return 24h;
}

constexpr std::chrono::hours longest_hope{24 * 30};

}  // namespace

bool is_hopeless(std::optional<base::WallTime> failing_since, base::WallTime now) {
  return failing_since && now - *failing_since >= longest_hope;
}

base::WallTime next_attempt_after_failure(std::uint32_t failures,
                                          std::optional<std::chrono::seconds> advice,
                                          base::WallTime now,
                                          double jitter) {
  if (advice) {
    const std::chrono::seconds delay = std::clamp<std::chrono::seconds>(*advice, 1min, 24h * 7);
    return now + scale(delay, 1 + jitter / 10);
  }
  return now + scale(backoff(failures), 0.9 + jitter / 5);
}

}  // namespace agent
