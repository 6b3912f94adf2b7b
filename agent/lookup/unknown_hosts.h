#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "agent/lookup/host_ring.h"
#include "spop/counters.h"

namespace agent {

/// Names that one thread was asked for and nobody knows, on their way to the thread that looks
/// after them. A flood of requests for one name takes one place in it.
class UnknownHosts {
 public:
  /// The one thread's. `hash` is that of the name. Allocates nothing.
  void offer(std::string_view name, std::uint64_t hash) {
    if (ring_.taken() != seen_) {
      seen_ = ring_.taken();
      offered_.fill(0);
    }
    std::uint64_t& last = offered_[hash % offered_.size()];
    if (last == hash) return;
    if (!ring_.offer(name)) return dropped_.add();
    last = hash;
  }

  /// The other's: calls f(std::string_view name) for each that was offered; a name can be there
  /// more than once.
  template <class F>
  void take(F f) const {
    ring_.take(f);
  }
  /// How many found no space. Any thread.
  std::uint64_t dropped() const { return dropped_.value(); }

 private:
  HostRing ring_{};
  std::uint32_t seen_ = 0;                    // ring_.taken() when this was empty:
  std::array<std::uint64_t, 256> offered_{};  // hashes of names, each at its own place
  spop::Counter dropped_{};
};

}  // namespace agent
