#include "agent/planner/gcra.h"

#include <algorithm>
#include <cmath>

namespace agent {
namespace {

using std::chrono::microseconds;

Gcra make(double interval, double tokens) {
  const microseconds rounded(std::max<std::int64_t>(1, std::llround(std::ceil(interval))));
  // The tenth of a millionth makes up for 0.29 * 100 being a little less than 29.
  const auto whole = static_cast<std::int64_t>(std::max(1.0, std::floor(tokens + 1e-7)));
  return {rounded, rounded * whole};
}

}  // namespace

std::optional<BudgetTime> Gcra::take(BudgetTime tat, BudgetTime now) const {
  const BudgetTime next = std::max(tat, now) + interval;
  if (next - now > tolerance) return std::nullopt;
  return next;
}

BudgetTime Gcra::available_at(BudgetTime tat, BudgetTime now, std::uint64_t tokens) const {
  const BudgetTime last = std::max(tat, now) + interval * static_cast<std::int64_t>(tokens);
  return std::max(now, last - tolerance);
}

std::uint64_t tokens_taken(const Gcra& gcra, BudgetTime tat, BudgetTime now) {
  if (tat <= now) return 0;
  return static_cast<std::uint64_t>((tat - now + gcra.interval - microseconds(1)) / gcra.interval);
}

Gcra gcra_of(const RateLimit& limit, double use) {
  const double period = static_cast<double>(microseconds(limit.period).count());
  return make(period / (limit.count * use), limit.count * use);
}

Gcra gcra_of(const RequestLimit& limit, double use) {
  return make(1e6 / (limit.per_second * use), limit.burst * use);
}

base::WallTime to_wall(BudgetTime time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace agent
