#include "agent/lookup/sip_hash.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "agent/lookup/eight_bytes.h"
#include "agent/lookup/little_endian.h"

namespace agent {
namespace {

/// The four words of the paper's §2, with what turns the output into 128 bits.
struct State {
  explicit State(const HashKey& key)
      : v0(key.first ^ 0x736f6d6570736575),
        v1(key.second ^ 0x646f72616e646f6d ^ 0xee),
        v2(key.first ^ 0x6c7967656e657261),
        v3(key.second ^ 0x7465646279746573) {}

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }

  std::uint64_t squeeze() {
    for (int i = 0; i < 3; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }

  std::uint64_t v0, v1, v2, v3;
};

/// The bytes after the last whole word, and the length in the top byte.
std::uint64_t last_word(std::string_view text) {
  const std::size_t at = text.size() / 8 * 8;
  const std::uint64_t word = at < text.size() ? eight_bytes::load(text, at) : 0;
  return word | std::uint64_t{text.size()} << 56;
}

}  // namespace

HashKey HashKey::draw(base::Random& random) {
  HashKey key;
  random.fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

Hash128 sip_hash(const HashKey& key, std::string_view text) {
  State state(key);
  const char* const end = text.data() + text.size() / 8 * 8;
  for (const char* word = text.data(); word != end; word += 8) {
    state.absorb(load_little_endian(word));
  }
  state.absorb(last_word(text));
  state.v2 ^= 0xee;
  Hash128 hash;
  hash.high = state.squeeze();
  state.v1 ^= 0xdd;
  hash.low = state.squeeze();
  return hash;
}

}  // namespace agent
