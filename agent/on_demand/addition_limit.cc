#include "agent/on_demand/addition_limit.h"

#include <optional>

namespace agent {
namespace {

/// A clock that nobody sets.
BudgetTime to_budget_time(base::MonotonicTime time) {
  return BudgetTime(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()));
}

}  // namespace

bool AdditionLimit::has_room(const std::string& domain, base::MonotonicTime now) const {
  const auto found = full_at_.find(domain);
  if (found == full_at_.end()) return true;
  return bucket_.take(found->second, to_budget_time(now)).has_value();
}

bool AdditionLimit::take(const std::string& domain, base::MonotonicTime now) {
  const BudgetTime time = to_budget_time(now);
  if (full_at_.size() >= most_domains && !full_at_.contains(domain)) {
    std::erase_if(full_at_, [time](const auto& entry) { return entry.second <= time; });
    if (full_at_.size() >= most_domains) return false;
  }
  BudgetTime& full_at = full_at_.try_emplace(domain, time).first->second;
  const std::optional<BudgetTime> next = bucket_.take(full_at, time);
  if (next) full_at = *next;
  return next.has_value();
}

}  // namespace agent
