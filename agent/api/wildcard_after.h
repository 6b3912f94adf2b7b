#pragma once

#include <cstdint>
#include <optional>

#include "agent/api/json_body.h"

namespace agent {

/// The member `wildcard_after` of a tenant or a zone: 0 (never) to a million; nullopt if it is null
/// or left out, and then as the one above it says.
inline std::optional<std::uint32_t> take_wildcard_after(JsonBody& body) {
  constexpr std::int64_t most = 1'000'000;
  const auto number = body.number("wildcard_after", 0, most);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

}  // namespace agent
