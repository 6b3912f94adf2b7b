#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/lookup/little_endian.h"

// Eight bytes of text at a time, because these run for every request. In a word, the first byte of
// the text is the lowest one; a set of its bytes is a word with their top bits.
namespace agent::eight_bytes {

using Word = std::uint64_t;
inline constexpr std::size_t size = sizeof(Word);
inline constexpr Word top_bits = 0x8080808080808080;

constexpr Word repeat(unsigned char byte) {
  return Word{0x0101010101010101} * byte;
}

/// The bit between the cases. Digits, the hyphen and the dot have it set anyway.
inline constexpr Word lower_case = repeat(0x20);

/// The bytes from `first` to `last`. REQUIRES, as equal(): no byte of `word`, nor one asked for,
/// has its top bit set; so no sum carries into the next byte.
constexpr Word between(Word word, unsigned char first, unsigned char last) {
  const Word not_below = word + repeat(static_cast<unsigned char>(0x80 - first));
  const Word above = word + repeat(static_cast<unsigned char>(0x7f - last));
  return not_below & ~above & top_bits;
}

constexpr Word equal(Word word, unsigned char byte) {
  return ~((word ^ repeat(byte)) + repeat(0x7f)) & top_bits;
}

/// The up to eight bytes of `text` from `at` on; zero behind the end. REQUIRES: at < text.size().
inline Word load(std::string_view text, std::size_t at) {
  const std::size_t left = text.size() - at;
  if (left >= size) return load_little_endian(text.data() + at);
  if (text.size() >= size) {
    // One load that ends with the text, instead of a loop over single bytes.
    return load_little_endian(text.data() + text.size() - size) >> 8 * (size - left);
  }
  Word word = 0;
  for (std::size_t i = 0; i < left; ++i) {
    word |= Word{static_cast<unsigned char>(text[at + i])} << (8 * i);
  }
  return word;
}

}  // namespace agent::eight_bytes
