#include "haproxy/x509_names.h"

namespace haproxy {
namespace {

constexpr std::byte sequence{0x30};
constexpr std::byte explicit_version{0xa0};

using Bytes = std::span<const std::byte>;

/// A tag-length-value in DER (X.690 §8.1): one tag byte, a length of at most four bytes.
struct Element {
  std::byte tag;
  Bytes whole;
  Bytes content;
};

/// Takes the first element off `rest`.
std::optional<Element> take(Bytes& rest) {
  if (rest.size() < 2) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = std::to_integer<std::size_t>(rest[1]);
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > 4 || rest.size() < 2 + count) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i)
      length = length << 8 | std::to_integer<std::size_t>(rest[2 + i]);
    header += count;
  }
  if (rest.size() - header < length) return std::nullopt;
  const Element element{rest[0], rest.first(header + length), rest.subspan(header, length)};
  rest = rest.subspan(header + length);
  return element;
}

std::optional<Element> take(Bytes& rest, std::byte tag) {
  const auto element = take(rest);
  return element && element->tag == tag ? element : std::nullopt;
}

std::vector<std::byte> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::optional<X509Names> parse_x509_names(Bytes der) {
  const auto certificate = take(der, sequence);
  if (!certificate || !der.empty()) return std::nullopt;
  Bytes rest = certificate->content;
  const auto to_be_signed = take(rest, sequence);
  if (!to_be_signed) return std::nullopt;
  rest = to_be_signed->content;
  // version [0] is optional; then serialNumber, signature, issuer, validity, subject.
  if (!rest.empty() && rest.front() == explicit_version && !take(rest)) return std::nullopt;
  const auto serial = take(rest);
  const auto signature = take(rest, sequence);
  const auto issuer = take(rest, sequence);
  const auto validity = take(rest, sequence);
  const auto subject = take(rest, sequence);
  if (!serial || !signature || !issuer || !validity || !subject) return std::nullopt;
  return X509Names{copy(issuer->whole), copy(subject->whole)};
}

}  // namespace haproxy
