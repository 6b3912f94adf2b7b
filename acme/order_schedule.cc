#include "acme/order_schedule.h"

#include <algorithm>
#include <array>

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<milliseconds, 8> polls = {milliseconds(200),
                                               milliseconds(500),
                                               seconds(1),
                                               seconds(2),
                                               seconds(3),
                                               seconds(5),
                                               seconds(8),
                                               seconds(10)};
constexpr milliseconds longest_overdue_delay = minutes(15);

/// The n-th number of the seed's sequence, in [0, 1) (splitmix64, Steele, Lea, Flood 2014).
double unit(std::uint64_t seed, int n) {
  std::uint64_t z = seed + (static_cast<std::uint64_t>(n) + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  z = z ^ (z >> 31);
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

milliseconds scaled(milliseconds delay, double factor) {
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(delay.count()) * factor));
}

}  // namespace

milliseconds poll_delay(int poll, std::optional<seconds> retry_after, std::uint64_t seed) {
  if (retry_after) return std::clamp(*retry_after, seconds(1), seconds(60));
  const int last = static_cast<int>(polls.size()) - 1;
  const milliseconds delay = polls.at(static_cast<std::size_t>(std::clamp(poll, 0, last)));
  return scaled(delay, 0.8 + 0.4 * unit(seed, poll));
}

milliseconds overdue_delay(int times_overdue, std::uint64_t seed) {
  milliseconds delay = minutes(1);
  for (int i = 1; i < times_overdue && delay < longest_overdue_delay; ++i) delay *= 2;
  return spread(std::min(delay, longest_overdue_delay), seed, times_overdue);
}

milliseconds spread(milliseconds delay, std::uint64_t seed, int n) {
  return scaled(delay, 1.0 + 0.2 * unit(seed, n));
}

}  // namespace acme
