#include "agent/planner/clock_watch.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr auto tolerance_forth = 1h;
constexpr auto tolerance_back = 1min;
constexpr auto hold = 1h;

}  // namespace

ClockWatch::ClockWatch(const base::Clock& clock)
    : clock_(clock), wall_(clock.wall()), monotonic_(clock.monotonic()) {}

ClockJump ClockWatch::observe() {
  const base::WallTime wall = clock_.wall();
  const base::MonotonicTime monotonic = clock_.monotonic();
  const auto jump = (wall - wall_) - (monotonic - monotonic_);
  wall_ = wall;
  monotonic_ = monotonic;
  if (jump > tolerance_forth) {
    held_until_ = monotonic + hold;
    return ClockJump::forth;
  }
  if (jump < -tolerance_back) {
    held_until_.reset();
    return ClockJump::back;
  }
  return ClockJump::none;
}

std::optional<base::WallTime> ClockWatch::held_until() const {
  const base::MonotonicTime now = clock_.monotonic();
  if (!held_until_ || *held_until_ <= now) return std::nullopt;
  return clock_.wall() + std::chrono::ceil<std::chrono::milliseconds>(*held_until_ - now);
}

}  // namespace agent
