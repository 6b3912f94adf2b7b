#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "agent/model/limits.h"
#include "agent/planner/gcra.h"
#include "base/clock.h"

namespace agent {

/// How many hostnames may be added of each registered domain. Forgotten at a restart.
class AdditionLimit {
 public:
  /// No more domains than this at a time have less than all; there is no room in others meanwhile.
  static constexpr std::size_t most_domains = 10'000;

  explicit AdditionLimit(const RateLimit& limit) : bucket_(gcra_of(limit, 1)) {}

  bool has_room(const std::string& domain, base::MonotonicTime now) const;
  /// Takes the place of one hostname; false if there is none.
  bool take(const std::string& domain, base::MonotonicTime now);

 private:
  const Gcra bucket_;
  std::unordered_map<std::string, BudgetTime> full_at_;  // without those that are full
};

}  // namespace agent
