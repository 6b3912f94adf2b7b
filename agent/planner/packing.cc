#include "agent/planner/packing.h"

#include <algorithm>

namespace agent {

std::size_t pack_size(const Packing& packing,
                      std::uint64_t backlog,
                      const Budgets& budgets,
                      base::WallTime now,
                      std::size_t before) {
  const std::size_t most = std::max<std::size_t>(1, budgets.limits().names_per_certificate);
  if (packing.names_per_certificate)
    return std::clamp<std::size_t>(*packing.names_per_certificate, 1, most);
  if (backlog <= 1 || budgets.opens_at(Urgency::person_waits, now, backlog) <= now) return 1;
  const auto is_in_time = [&](std::size_t names) {
    const std::uint64_t orders = (backlog + names - 1) / names;
    return budgets.opens_at(Urgency::person_waits, now, orders) - now <= packing.longest_backlog;
  };
  // A backlog that shrinks must not be stretched again to what is allowed from now on.
  std::size_t low = std::min(before, most);
  std::size_t high = most;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (is_in_time(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace agent
