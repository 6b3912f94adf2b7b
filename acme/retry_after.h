#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace acme {

/// A Retry-After header's value (RFC 9110 §10.2.3) as a delay from `now`: seconds, or an HTTP date
/// in the form all servers send (IMF-fixdate). A date in the past is 0; anything beyond a year is a
/// year; anything else, negative numbers too, is nullopt.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, base::WallTime now);

}  // namespace acme
