#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace agent {

/// Keeps orders away from an authority that is in trouble. Closed, it lets everything pass, until
/// three faults in a row or half of the last 20 outcomes, at least ten. Open, it lets nothing pass
/// for 5 s, doubling each time to 15 min, plus up to a fifth. Then half-open: one order is the
/// probe, whose outcome closes it or opens it again. Pure: time and jitter come from the caller.
class CircuitBreaker {
 public:
  enum class State { closed, open, half_open };

  State state(base::MonotonicTime now) const;
  /// Whether an order may start now.
  bool admits(base::MonotonicTime now) const;
  /// The end of the present opening; nullopt unless it is open.
  std::optional<base::MonotonicTime> open_until(base::MonotonicTime now) const;

  /// An order starts; half-open it is the probe. REQUIRES: admits().
  void start(base::MonotonicTime now);
  /// The authority does what it should.
  void succeed();
  /// The authority or the network has a fault. With its own wish when to come back it opens at
  /// once, for that long at least. Faults of orders that started before it opened change nothing
  /// more. `jitter` is uniform in [0, 1).
  void fail(base::MonotonicTime now,
            std::optional<std::chrono::milliseconds> retry_after,
            double jitter);
  /// An order has ended in a way that says nothing of the authority.
  void end_without_verdict() { is_probing_ = false; }

 private:
  static constexpr int window = 20;

  void note(bool is_fault);
  bool is_too_much() const;
  void open(base::MonotonicTime now, std::chrono::milliseconds at_least, double jitter);

  int faults_in_a_row_ = 0;
  std::uint32_t outcomes_ = 0;  ///< the newest is the lowest bit; 1 is a fault
  int outcome_count_ = 0;       ///< of these, at most `window`
  int openings_ = 0;            ///< since it was closed
  bool is_probing_ = false;
  base::MonotonicTime until_{};  ///< open until then, half-open after; means nothing when closed
};

std::string_view to_string(CircuitBreaker::State state);  ///< `closed`, `open`, `half-open`

}  // namespace agent
