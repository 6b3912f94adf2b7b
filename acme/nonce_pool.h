#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "acme/types.h"
#include "base/clock.h"

namespace acme {

/// Nonces an authority has given and we have not used (RFC 8555 §6.5). The youngest is taken first:
/// it is the one the authority still knows. At most 64 are kept, none longer than `max_age`. Not
/// thread-safe.
class NoncePool {
 public:
  static constexpr std::size_t capacity = 64;

  /// `clock` outlives the pool.
  NoncePool(const base::Clock& clock, std::chrono::milliseconds max_age)
      : clock_(clock), max_age_(max_age) {}

  void put(Nonce nonce);
  std::optional<Nonce> take();

 private:
  struct Entry {
    Nonce nonce;
    base::MonotonicTime received;
  };
  const base::Clock& clock_;
  const std::chrono::milliseconds max_age_;
  std::deque<Entry> entries_;  // oldest first
};

}  // namespace acme
