#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace agent {

/// Hosts that a thread was asked for, on their way to another thread. One offers, the other takes;
/// neither waits for the other. What finds no space is not kept.
class HostRing {
 public:
  static constexpr std::size_t capacity = 256;
  static constexpr std::size_t max_host = 255;  ///< longer ones are no names

  /// The one thread's: whether there was space. Allocates nothing.
  bool offer(std::string_view host) {
    const std::uint32_t next = offered_.load(std::memory_order_relaxed);
    if (host.size() > max_host) return false;
    if (next - taken_.load(std::memory_order_acquire) == capacity) return false;
    Slot& slot = slots_[next % capacity];
    slot.size = static_cast<std::uint8_t>(host.size());
    std::copy(host.begin(), host.end(), slot.host.begin());
    offered_.store(next + 1, std::memory_order_release);
    return true;
  }

  /// The one thread's: another number than before if some were taken meanwhile.
  std::uint32_t taken() const { return taken_.load(std::memory_order_relaxed); }

  /// The other's: calls f(std::string_view host), raw as it was sent, for each that was offered.
  template <class F>
  void take(F f) const {
    std::uint32_t next = taken_.load(std::memory_order_relaxed);
    const std::uint32_t end = offered_.load(std::memory_order_acquire);
    for (; next != end; ++next) {
      const Slot& slot = slots_[next % capacity];
      f(std::string_view(slot.host.data(), slot.size));
    }
    taken_.store(next, std::memory_order_release);
  }

 private:
  struct Slot {
    std::uint8_t size = 0;
    std::array<char, max_host> host{};
  };

  std::array<Slot, capacity> slots_{};
  alignas(64) std::atomic<std::uint32_t> offered_ = 0;
  alignas(64) mutable std::atomic<std::uint32_t> taken_ = 0;
};

}  // namespace agent
