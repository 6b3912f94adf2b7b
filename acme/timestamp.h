#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace acme {

/// A date and time as ACME's documents have them (RFC 3339 §5.6), `2030-01-02T03:04:05.5+01:00`, to
/// the millisecond. A leap second is the second after it. nullopt for anything else.
std::optional<base::WallTime> parse_timestamp(std::string_view text);

}  // namespace acme
