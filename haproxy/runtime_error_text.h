#pragma once

#include <optional>
#include <string_view>

#include "haproxy/errc.h"

namespace haproxy {

/// The error that HAProxy 2.4 to 3.5 says with this reply; nullopt if it is no known error text.
std::optional<Errc> parse_error_text(std::string_view text);

}  // namespace haproxy
