#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace acme {

/// How long an authority may validate, and how long make a certificate, before the order goes back
/// into the queue.
inline constexpr std::chrono::milliseconds validation_time = std::chrono::minutes(3);
inline constexpr std::chrono::milliseconds processing_time = std::chrono::minutes(30);

/// Delay before the n-th poll (from 0) of a phase: the authority's Retry-After within 1 and 60 s,
/// or 0.2, 0.5, 1, 2, 3, 5, 8, 10, 10 … s, give or take a fifth.
///
/// The quick start is for authorities that take milliseconds, and a person who waits. It costs two
/// requests more than waiting a second at once, and no limit: Let's Encrypt allows an IP 250 such
/// requests a second, but an account one new order in 36 s on average and 300 in a burst.
std::chrono::milliseconds poll_delay(int poll,
                                     std::optional<std::chrono::seconds> retry_after,
                                     std::uint64_t seed);

/// Delay before an overdue order is looked at again for the n-th time (from 1): 1 min doubling to
/// 15 min.
std::chrono::milliseconds overdue_delay(int times_overdue, std::uint64_t seed);

/// `delay` and up to a fifth more, so that orders that stopped together do not come back together.
std::chrono::milliseconds spread(std::chrono::milliseconds delay, std::uint64_t seed, int n);

}  // namespace acme
