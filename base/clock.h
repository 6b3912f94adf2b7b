#pragma once

#include <chrono>

namespace base {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using MonotonicTime = std::chrono::steady_clock::time_point;

/// Where time comes from; production has SystemClock, tests a clock they move themselves.
/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For certificates, Retry-After and everything else people read. It can jump.
  virtual WallTime wall() const = 0;
  /// For ages and timeouts. It never goes back.
  virtual MonotonicTime monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  MonotonicTime monotonic() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace base
