#include "agent/lookup/normalise.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "agent/lookup/little_endian.h"

// Eight bytes at a time, because this runs for every request: in a Word, the first byte of the text
// is the lowest one, and a set of bytes is their top bits.
namespace agent {
namespace {

using Word = std::uint64_t;
constexpr std::size_t word_size = sizeof(Word);
constexpr Word top_bits = 0x8080808080808080;

constexpr Word repeat(unsigned char byte) {
  return Word{0x0101010101010101} * byte;
}

// In the next three no byte of `word` has its top bit set, so that no sum carries into the next
// byte.

/// The bytes from `first` to `last`.
constexpr Word between(Word word, unsigned char first, unsigned char last) {
  const Word not_below = word + repeat(static_cast<unsigned char>(0x80 - first));
  const Word above = word + repeat(static_cast<unsigned char>(0x7f - last));
  return not_below & ~above & top_bits;
}

constexpr Word equal(Word word, unsigned char byte) {
  return ~((word ^ repeat(byte)) + repeat(0x7f)) & top_bits;
}

constexpr Word to_lower(Word word) {
  return word | between(word, 'A', 'Z') >> 2;  // 0x80 >> 2 is the bit between the cases
}

/// The bytes that may be part of a name. REQUIRES: lower case.
constexpr Word allowed(Word word) {
  const Word hyphen_to_9 = between(word, '-', '9') & ~equal(word, '/');  // - . 0123456789
  return hyphen_to_9 | between(word, 'a', 'z') | equal(word, '_');
}

/// The up to eight bytes of `text` from `at` on; zero behind the end. REQUIRES: at < text.size().
Word load(std::string_view text, std::size_t at) {
  const std::size_t left = text.size() - at;
  if (left >= word_size) return load_little_endian(text.data() + at);
  if (text.size() >= word_size) {
    return load_little_endian(text.data() + text.size() - word_size) >> 8 * (word_size - left);
  }
  Word word = 0;
  for (std::size_t i = 0; i < left; ++i) {
    word |= Word{static_cast<unsigned char>(text[at + i])} << (8 * i);
  }
  return word;
}

/// How many leading bytes of `raw` can be a name, which it copies in lower case; nullopt if there
/// is a dot without a label before it. REQUIRES: raw.size() <= HostnameBuffer::size.
std::optional<std::size_t> copy_name(std::string_view raw, char* out) {
  Word dot_before = 0x80;  // the lowest byte is preceded by a dot, or by nothing
  for (std::size_t at = 0; at < raw.size(); at += word_size) {
    const Word word = load(raw, at);
    const Word lower = to_lower(word & ~top_bits);
    const Word foreign = (~allowed(lower) | word) & top_bits;
    store_little_endian(lower, out + at);
    // Only what comes before the first foreign byte counts; zero behind the end is foreign too.
    const auto end = static_cast<unsigned>(std::countr_zero(foreign)) / 8;
    const Word name = end < word_size ? (Word{1} << 8 * end) - 1 : ~Word{0};
    const Word dots = equal(lower, '.') & name;
    if ((dots & (dots << 8 | dot_before)) != 0) return std::nullopt;
    if (end < word_size) return at + end;
    dot_before = dots >> 56;
  }
  return raw.size();
}

bool has_long_label(std::string_view name) {
  constexpr std::size_t max_label = 63;  // RFC 1035 §2.3.4
  if (name.size() <= max_label) return false;
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (end - begin > max_label) return true;
    begin = end + 1;
  }
  return false;
}

/// What follows a name: nothing, or a colon and perhaps a port (RFC 3986 §3.2.3).
bool is_port(std::string_view rest) {
  constexpr std::size_t longest = 6;  // :65535
  if (rest.empty()) return true;
  if (rest.front() != ':' || rest.size() > longest) return false;
  return std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string_view> normalise(std::string_view raw, HostnameBuffer& buffer) {
  const auto size = copy_name(raw.substr(0, HostnameBuffer::size), buffer.data());
  if (!size || *size == 0 || !is_port(raw.substr(*size))) return std::nullopt;
  std::string_view name(buffer.data(), *size);
  if (name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > HostnameBuffer::max_name || has_long_label(name)) {
    return std::nullopt;
  }
  return name;
}

}  // namespace agent
