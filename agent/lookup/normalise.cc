#include "agent/lookup/normalise.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "agent/lookup/eight_bytes.h"
#include "agent/lookup/little_endian.h"

namespace agent {
namespace {

using eight_bytes::between;
using eight_bytes::equal;
using eight_bytes::top_bits;
using eight_bytes::Word;

constexpr std::size_t max_label = 63;  // RFC 1035 §2.3.4

/// The letters of either case. The bit between the cases makes a letter of nothing else.
constexpr Word letters(Word word) {
  return between(word | eight_bytes::lower_case, 'a', 'z');
}

/// How many leading bytes of `raw` can be a name, which it copies in lower case; nullopt if there
/// is a dot without a label before it. REQUIRES: raw.size() <= HostnameBuffer::size.
std::optional<std::size_t> copy_name(std::string_view raw, char* out) {
  std::size_t size = raw.size();
  Word empty_labels = 0;
  Word dot_before = 0x80;  // the lowest byte is preceded by a dot, or by nothing
  for (std::size_t at = 0; at < size; at += eight_bytes::size) {
    const Word word = eight_bytes::load(raw, at);
    const Word low = word & ~top_bits;
    const Word letter = letters(low);
    store_little_endian(low | letter >> 2, out + at);  // 0x80 >> 2 is the bit between the cases
    Word dots = equal(low, '.');
    const Word other = between(low, '0', '9') | equal(low, '-') | equal(low, '_');
    const Word foreign = (~(letter | dots | other) | word) & top_bits;
    if (foreign != 0) {  // here the name ends; the zeros behind the text are foreign, too
      const auto end = static_cast<unsigned>(std::countr_zero(foreign)) / 8;
      dots &= (Word{1} << 8 * end) - 1;
      size = at + end;
    }
    empty_labels |= dots & (dots << 8 | dot_before);
    dot_before = dots >> 56;
  }
  if (empty_labels != 0) return std::nullopt;
  return size;
}

// Sixteen bytes at once; where the processor has no such registers the compiler makes do.
using Block = unsigned char __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));

Block load_block(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

Block load_halves(const char* first, const char* second) {
  return std::bit_cast<Block>(Halves{load_little_endian(first), load_little_endian(second)});
}

/// Set for each byte that no plain name has, and for a dot that is one in `neighbours`, too: the
/// same bytes, one further or one before.
Block faults(Block block, Block neighbours) {
  const Block letter = (block | 0x20) - 'a' < 26;
  const Block dash_or_dot = block - '-' < 2;
  const Block digit = block - '0' < 10;
  const Block two_dots = (block == '.') & (neighbours == '.');
  return ~(letter | dash_or_dot | digit) | two_dots;
}

/// Of all bytes, some of them twice. REQUIRES: raw.size() > sizeof(Word).
Block faults_of(std::string_view raw) {
  constexpr std::size_t size = sizeof(Block);
  const char* const begin = raw.data();
  const char* const end = begin + raw.size();
  if (raw.size() <= size) {
    const char* const half = end - sizeof(Word);
    return faults(load_halves(begin, half), load_halves(begin + 1, half - 1));
  }
  const char* const last = end - size;
  Block all = faults(load_block(last), load_block(last - 1));
  for (const char* at = begin; at < last; at += size) {
    all |= faults(load_block(at), load_block(at + 1));
  }
  return all;
}

/// REQUIRES: is_plain_name(raw).
void copy_plain_name(std::string_view raw, char* out) {
  const std::size_t last = raw.size() - sizeof(Word);
  for (std::size_t at = 0; at < last; at += sizeof(Word)) {
    store_little_endian(load_little_endian(raw.data() + at) | eight_bytes::lower_case, out + at);
  }
  store_little_endian(load_little_endian(raw.data() + last) | eight_bytes::lower_case, out + last);
}

bool has_long_label(std::string_view name) {
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

bool is_plain_name(std::string_view raw) {
  if (raw.size() <= sizeof(Word) || raw.size() > max_label) return false;
  if (raw.front() == '.' || raw.back() == '.') return false;
  const auto halves = std::bit_cast<Halves>(faults_of(raw));
  return (halves[0] | halves[1]) == 0;
}

std::optional<std::string_view> normalise(std::string_view raw, HostnameBuffer& buffer) {
  if (is_plain_name(raw)) {
    copy_plain_name(raw, buffer.data());
    return std::string_view(buffer.data(), raw.size());
  }
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
