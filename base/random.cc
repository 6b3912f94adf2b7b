#include "base/random.h"

#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace base {

std::uint64_t Random::below(std::uint64_t bound) {
  // Values past the last whole multiple of bound would favour the low ones: draw again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = 0;
  do {
    fill(std::as_writable_bytes(std::span(&value, 1)));
  } while (value >= limit);
  return value % bound;
}

double Random::unit() {
  constexpr std::uint64_t steps = std::uint64_t{1} << 53;  // the integers a double holds exactly
  return static_cast<double>(below(steps)) / static_cast<double>(steps);
}

void SystemRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::getrandom(bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace base
