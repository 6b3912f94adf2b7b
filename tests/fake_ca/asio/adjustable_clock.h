#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace fake_ca {

/// The system's clock, which a test may put forward. Thread-safe.
class AdjustableClock final : public base::Clock {
 public:
  base::WallTime wall() const override { return system_.wall() + ahead(); }
  base::MonotonicTime monotonic() const override { return system_.monotonic() + ahead(); }
  void advance(std::chrono::milliseconds by) { ahead_ += by.count(); }

 private:
  std::chrono::milliseconds ahead() const { return std::chrono::milliseconds(ahead_); }

  base::SystemClock system_;
  std::atomic<std::chrono::milliseconds::rep> ahead_ = 0;
};

}  // namespace fake_ca
