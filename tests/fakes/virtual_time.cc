#include "tests/fakes/virtual_time.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

std::atomic<bool> is_virtual = false;
std::atomic<std::int64_t> virtual_now = 0;  // nanoseconds, as steady_clock counts them
thread_local bool is_leaping = false;

std::int64_t real_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

/// In place of libstdc++'s, which is in a shared library: a program's own symbols come first.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return time_point(duration(is_virtual ? virtual_now.load() : real_now()));
}

extern "C" {

/// Without it Asio has epoll_wait() wait for its timers.
int timerfd_create(clockid_t clock, int flags) noexcept {
  if (!is_virtual) return static_cast<int>(syscall(SYS_timerfd_create, clock, flags));
  errno = ENOSYS;
  return -1;
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  const bool leaps = is_leaping && timeout > 0;
  const int wait = leaps ? 0 : timeout;
  const auto found =
      static_cast<int>(syscall(SYS_epoll_pwait, epoll, events, most, wait, nullptr, 8));
  if (leaps && found == 0) virtual_now += std::int64_t{timeout} * 1'000'000;
  return found;
}

}  // extern "C"

namespace fakes {

VirtualTime::VirtualTime() : start_(base::MonotonicTime::duration(real_now())) {
  virtual_now = real_now();
  is_virtual = true;
}

VirtualTime::~VirtualTime() {
  is_virtual = false;
}

base::MonotonicTime VirtualTime::monotonic() const {
  return std::chrono::steady_clock::now();
}

base::WallTime VirtualTime::wall() const {
  constexpr base::WallTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
  return start + std::chrono::floor<base::WallTime::duration>(monotonic() - start_);
}

void VirtualTime::advance(std::chrono::nanoseconds by) {
  virtual_now += by.count();
}

void VirtualTime::leap(base::asio::io_context& context) {
  context.restart();
  is_leaping = true;
  const bool was_any = context.run_one() > 0;
  is_leaping = false;
  if (!was_any) advance(std::chrono::minutes(5));  // Asio does not wait when nobody does
}

}  // namespace fakes
