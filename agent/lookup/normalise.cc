#include "agent/lookup/normalise.h"

#include <algorithm>
#include <bit>

#include "agent/lookup/eight_bytes.h"
#include "agent/lookup/little_endian.h"

namespace agent {
namespace {

using eight_bytes::between;
using eight_bytes::equal;
using eight_bytes::top_bits;
using eight_bytes::Word;

constexpr Word to_lower(Word word) {
  return word | between(word, 'A', 'Z') >> 2;  // 0x80 >> 2 is the bit between the cases
}

/// The bytes that may be part of a name. REQUIRES: lower case.
constexpr Word allowed(Word word) {
  const Word hyphen_to_9 = between(word, '-', '9') & ~equal(word, '/');  // - . 0123456789
  return hyphen_to_9 | between(word, 'a', 'z') | equal(word, '_');
}

/// How many leading bytes of `raw` can be a name, which it copies in lower case; nullopt if there
/// is a dot without a label before it. REQUIRES: raw.size() <= HostnameBuffer::size.
std::optional<std::size_t> copy_name(std::string_view raw, char* out) {
  Word dot_before = 0x80;  // the lowest byte is preceded by a dot, or by nothing
  for (std::size_t at = 0; at < raw.size(); at += eight_bytes::size) {
    const Word word = eight_bytes::load(raw, at);
    const Word lower = to_lower(word & ~top_bits);
    const Word foreign = (~allowed(lower) | word) & top_bits;
    store_little_endian(lower, out + at);
    // Only what comes before the first foreign byte counts; zero behind the end is foreign too.
    const auto end = static_cast<unsigned>(std::countr_zero(foreign)) / 8;
    const Word name = end < eight_bytes::size ? (Word{1} << 8 * end) - 1 : ~Word{0};
    const Word dots = equal(lower, '.') & name;
    if ((dots & (dots << 8 | dot_before)) != 0) return std::nullopt;
    if (end < eight_bytes::size) return at + end;
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
