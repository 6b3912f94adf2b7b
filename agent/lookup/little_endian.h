#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace agent {

/// REQUIRES: 8 bytes at `bytes`; they need not be aligned.
inline std::uint64_t load_little_endian(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// REQUIRES: space for 8 bytes at `bytes`; it need not be aligned.
inline void store_little_endian(std::uint64_t word, char* bytes) {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, sizeof word);
}

}  // namespace agent
