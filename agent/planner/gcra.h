#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "agent/model/limits.h"
#include "base/clock.h"

namespace agent {

/// The generic cell rate algorithm, as the authorities themselves do it: a bucket of tokens is one
/// instant, the TAT ("theoretical arrival time"), at which it is full again. A token moves the TAT
/// by one interval; it is there if the TAT is then at most `tolerance` ahead of now. Values; pure.
struct Gcra {
  std::chrono::microseconds interval{0};   ///< one more token after this
  std::chrono::microseconds tolerance{0};  ///< interval times what the full bucket holds

  /// The TAT after one token; nullopt if there is none now.
  std::optional<BudgetTime> take(BudgetTime tat, BudgetTime now) const;
  /// When the `tokens`-th token from now on is there, if nobody else takes one; `now` or later.
  BudgetTime available_at(BudgetTime tat, BudgetTime now, std::uint64_t tokens = 1) const;
  /// The TAT of a bucket that gets its next token at `instant`.
  BudgetTime empty_until(BudgetTime instant) const { return instant + tolerance - interval; }

  friend bool operator==(const Gcra&, const Gcra&) = default;
};

/// How many tokens a bucket with this TAT lacks now, rounded up.
std::uint64_t tokens_taken(const Gcra& gcra, BudgetTime tat, BudgetTime now);

/// The part `use` of a limit, at least one token of it; 0 < use <= 1.
Gcra gcra_of(const RateLimit& limit, double use);
Gcra gcra_of(const RequestLimit& limit, double use);

/// Rounded up: a budget never opens early.
base::WallTime to_wall(BudgetTime time);

}  // namespace agent
