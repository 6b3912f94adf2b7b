#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// RFC 4648 §5, without padding or line breaks.
std::string encode_base64url(std::span<const std::byte> bytes);
std::string encode_base64url(std::string_view bytes);
/// nullopt for padding, foreign characters, an impossible length or non-zero trailing bits.
std::optional<std::vector<std::byte>> decode_base64url(std::string_view text);

/// Lower-case hexadecimal.
std::string encode_hex(std::span<const std::byte> bytes);
/// Either case; nullopt for an odd length or a foreign character.
std::optional<std::vector<std::byte>> decode_hex(std::string_view text);

}  // namespace base
