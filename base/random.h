#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace base {

/// Where randomness comes from; tests give a seeded one. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
  /// Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
};

/// The kernel's generator (getrandom(2)); fit for keys.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

}  // namespace base
