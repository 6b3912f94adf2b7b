#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace agent {

/// No failure puts a hostname off for longer; what waits longer was written under a wrong clock
/// (Store::rescue_attempts()) and is spread over rescue_spread.
inline constexpr std::chrono::hours longest_wait{24 * 8};
inline constexpr std::chrono::hours rescue_spread{24};

/// Whether a name without a certificate has failed for 30 days: a person has to do something
/// (Let's Encrypt pauses what goes on failing). It is looked at once in a while all the same.
/// `failing_since`: OrderRecord::failing_since.
bool is_hopeless(std::optional<base::WallTime> failing_since, base::WallTime now);
inline constexpr std::chrono::hours hopeless_recheck{24 * 7};

/// When to order again after `failures` failed orders in a row, the last one now: after 1, 10 and
/// 100 minutes, then daily, each moved by up to 10 % to either side (Let's Encrypt's integration
/// advice; it keeps a name below 5 failures an hour). An authority's advice (Retry-After) wins: not
/// before it, up to 10 % later, so that many who got the same do not come together; taken as at
/// least a minute and at most a week. `jitter` is uniform in [0, 1).
base::WallTime next_attempt_after_failure(std::uint32_t failures,
                                          std::optional<std::chrono::seconds> advice,
                                          base::WallTime now,
                                          double jitter);

}  // namespace agent
