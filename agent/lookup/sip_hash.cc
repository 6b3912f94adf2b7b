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

/// The bytes after the last whole word, each with `bits` set, and the length in the top byte.
std::uint64_t last_word(std::string_view text, std::uint64_t bits) {
  const std::uint64_t length = std::uint64_t{text.size()} << 56;
  const std::size_t left = text.size() % eight_bytes::size;
  if (left == 0) return length;
  const std::uint64_t word = eight_bytes::load(text, text.size() - left);
  return word | bits >> 8 * (eight_bytes::size - left) | length;
}

/// Of the text with `bits` set in each of its words.
Hash128 hash_with(const HashKey& key, std::string_view text, std::uint64_t bits) {
  State state(key);
  const char* const end = text.data() + text.size() / eight_bytes::size * eight_bytes::size;
  for (const char* word = text.data(); word != end; word += eight_bytes::size) {
    state.absorb(load_little_endian(word) | bits);
  }
  state.absorb(last_word(text, bits));
  state.v2 ^= 0xee;
  Hash128 hash;
  hash.high = state.squeeze();
  state.v1 ^= 0xdd;
  hash.low = state.squeeze();
  return hash;
}

}  // namespace

HashKey HashKey::draw(base::Random& random) {
  HashKey key;
  random.fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

Hash128 sip_hash(const HashKey& key, std::string_view text) {
  return hash_with(key, text, 0);
}

Hash128 sip_hash_lower(const HashKey& key, std::string_view text) {
  return hash_with(key, text, eight_bytes::lower_case);
}

}  // namespace agent
