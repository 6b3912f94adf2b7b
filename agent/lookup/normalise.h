#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace agent {

/// Space for one normalised name.
class HostnameBuffer {
 public:
  static constexpr std::size_t max_name = 253;  ///< RFC 1035 §2.3.4, without the trailing dot
  static constexpr std::size_t size = 256;      ///< max_name and a trailing dot, in whole words

  char* data() { return bytes_.data(); }

 private:
  std::array<char, size> bytes_;  // not initialised: only what was written is ever viewed
};

/// What a client sent as Host or SNI, as a name to look up: lower case, without the port and
/// without one trailing dot. nullopt for whatever no hostname of ours can match: an IPv6 literal,
/// an empty or too long label, more than 253 bytes, any byte but letters, digits, hyphen, dot and
/// underscore (which no certificate's own name has, but names below a wildcard do).
///
/// Accepts any bytes and any length, allocates nothing, and reads no more than the first 262 bytes.
/// The view is of `buffer` and lives until that is used again.
std::optional<std::string_view> normalise(std::string_view raw, HostnameBuffer& buffer);

/// Whether `raw` is what most hosts are: a name as it is but for the case of its letters, of 9 to
/// 63 bytes, without an underscore. Of such a one setting the bit 0x20 in every byte makes what
/// normalise() returns. False for some names that are none the less.
bool is_plain_name(std::string_view raw);

}  // namespace agent
