#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

#include "base/encoding.h"
#include "base/random.h"

namespace fake_ca {

/// Anti-replay nonces (RFC 8555 §6.5): each is good once. Old ones die when `capacity` younger ones
/// were given, as Boulder's do after 65,536.
class Nonces {
 public:
  explicit Nonces(std::size_t capacity = 65536) : capacity_(capacity) {}

  std::string give(base::Random& random) {
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    std::string nonce = base::encode_base64url(bytes);
    alive_.insert(nonce);
    given_.push_back(nonce);
    if (given_.size() > capacity_) {
      alive_.erase(given_.front());
      given_.pop_front();
    }
    return nonce;
  }
  /// Whether it was good; it no longer is.
  bool spend(const std::string& nonce) { return alive_.erase(nonce) == 1; }
  void forget() {
    alive_.clear();
    given_.clear();
  }

 private:
  std::size_t capacity_;
  std::unordered_set<std::string> alive_;
  std::deque<std::string> given_;  // oldest first, spent ones too
};

}  // namespace fake_ca
