#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace agent {

/// What the wall clock did that the monotonic clock did not.
enum class ClockJump {
  none,
  forth,  ///< by more than an hour: renewals are held, see held_until()
  back,   ///< by more than a minute: call Store::rescue_attempts()
};

/// Tells when somebody set the wall clock, so that a wrong one neither starts a storm of renewals
/// nor puts hostnames off for ever. A jump forth holds renewals for an hour: if it is taken back
/// meanwhile nothing has happened, else it is believed. First issuances go on: they do not depend
/// on the date. (A host that was suspended looks like a jump forth.) Not thread-safe.
class ClockWatch {
 public:
  explicit ClockWatch(const base::Clock& clock);

  /// What happened since the last call; call it before every plan and at least hourly.
  ClockJump observe();

  /// Until when renewals are held, by the wall clock as it is now; nullopt if they are not.
  std::optional<base::WallTime> held_until() const;

 private:
  const base::Clock& clock_;
  base::WallTime wall_;
  base::MonotonicTime monotonic_;
  std::optional<base::MonotonicTime> held_until_;
};

}  // namespace agent
