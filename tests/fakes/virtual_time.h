#pragma once

#include <chrono>

#include "base/asio.h"
#include "base/clock.h"

namespace fakes {

/// While it lives, time stands still in the whole process and leaps on: what waits on an Asio timer
/// waits no real time. Behind it are std::chrono::steady_clock::now() and two system calls that the
/// test program replaces (virtual_time.cc is linked into it), so that timers need no clock of their
/// own. One at a time; make io_contexts after it. Thread-safe but for leap().
class VirtualTime final : public base::Clock {
 public:
  VirtualTime();
  ~VirtualTime() override;

  base::WallTime wall() const override;
  base::MonotonicTime monotonic() const override;
  void advance(std::chrono::nanoseconds by);

  /// Time leaps to the next timer of `context`, and what was waiting for it runs; five minutes on
  /// if there is none. REQUIRES: nothing is ready to run, poll() has found nothing.
  void leap(base::asio::io_context& context);

 private:
  const base::MonotonicTime start_;
};

}  // namespace fakes
