#pragma once

#include <chrono>

#include "base/clock.h"

namespace fakes {

/// Time that only the test moves. Not thread-safe.
class FakeClock final : public base::Clock {
 public:
  base::WallTime wall() const override { return wall_; }
  base::MonotonicTime monotonic() const override { return monotonic_; }
  void advance(std::chrono::milliseconds by) { wall_ += by, monotonic_ += by; }
  /// The wall clock only, as when somebody sets it.
  void jump(std::chrono::milliseconds by) { wall_ += by; }

 private:
  base::WallTime wall_ = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
  base::MonotonicTime monotonic_{};
};

}  // namespace fakes
