#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace agent {

/// A customer of the platform. A value; the store has the truth.
struct Tenant {
  std::string id{};     ///< the platform's own key; see parse_tenant_id()
  std::string title{};  ///< for people; may be empty
  /// For its zones that say nothing of their own; nullopt: as the configuration.
  std::optional<std::uint32_t> wildcard_after = std::nullopt;
  base::WallTime created{};

  friend bool operator==(const Tenant&, const Tenant&) = default;
};

/// 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit: safe in a path and in a log. The
/// error is a sentence that begins with `field`.
base::Result<std::string, std::string> parse_tenant_id(std::string_view text,
                                                       std::string_view field);

}  // namespace agent
