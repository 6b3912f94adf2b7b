#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace agent {

/// The known word that `text` is most likely a slip of the pen of; nullopt if none is close.
std::optional<std::string_view> nearest(std::string_view text,
                                        std::span<const std::string_view> known);

}  // namespace agent
