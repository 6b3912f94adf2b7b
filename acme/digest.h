#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace acme {

using Sha256 = std::array<std::byte, 32>;

Sha256 sha256(std::string_view message);
/// RFC 2104 with SHA-256: `HS256` of RFC 7518 §3.2.
Sha256 hmac_sha256(std::span<const std::byte> key, std::string_view message);

}  // namespace acme
