#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace agent {

/// 128 bits that nobody outside can predict.
struct HashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  static HashKey draw(base::Random& random);
  friend bool operator==(const HashKey&, const HashKey&) = default;
};

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

/// SipHash-1-3 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
/// Without the key nobody can tell which texts collide, nor choose some that do; why that is enough
/// to stand for a name: docs/design/0001-lookup-identity.md. The same on every machine.
Hash128 sip_hash(const HashKey& key, std::string_view text);

/// That of `text` in lower case, without a copy: what is written in larger pieces than it is read
/// in stalls the processor for longer than the hash takes. REQUIRES: is_plain_name(text).
Hash128 sip_hash_lower(const HashKey& key, std::string_view text);

}  // namespace agent
