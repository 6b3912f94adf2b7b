#pragma once

#include <cstddef>
#include <cstdint>

namespace spop {

/// A varint has 1 to 10 bytes (SPOE.txt §3.1): 4 bits in the first, 7 in each further one, and
/// every length begins where the shorter one ended, so that each number has exactly one encoding.
inline constexpr std::size_t max_varint_size = 10;

/// How many bytes encode_varint() writes.
constexpr std::size_t varint_size(std::uint64_t value) {
  if (value < 240) return 1;
  std::size_t size = 2;
  for (std::uint64_t rest = (value - 240) >> 4; rest >= 128; rest = (rest - 128) >> 7) ++size;
  return size;
}

/// Returns the byte behind the last one written. REQUIRES: varint_size(value) bytes at `out`.
inline std::byte* encode_varint(std::uint64_t value, std::byte* out) {
  if (value < 240) {
    *out++ = static_cast<std::byte>(value);
    return out;
  }
  *out++ = static_cast<std::byte>(0xF0U | (value & 0x0FU));
  std::uint64_t rest = (value - 240) >> 4;
  for (; rest >= 128; rest = (rest - 128) >> 7) {
    *out++ = static_cast<std::byte>(0x80U | (rest & 0x7FU));
  }
  *out++ = static_cast<std::byte>(rest);
  return out;
}

}  // namespace spop
