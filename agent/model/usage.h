#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// What is known of whether a hostname is still used: whether it leads to us, or visitors come.
struct HostnameUsage {
  base::DomainName name;
  /// The first look, of those in a row, that did not find it leading to us; nullopt: the last did.
  std::optional<base::WallTime> absent_since = std::nullopt;
  std::optional<base::WallTime> unused_since = std::nullopt;  ///< as in Hostname
  std::uint8_t traffic = 0;                                   ///< HostnameTraffic::level

  friend bool operator==(const HostnameUsage&, const HostnameUsage&) = default;
};

/// What a look at it has brought, to be stored.
struct UsageLook {
  base::DomainName name;
  base::WallTime next_look{};
  std::optional<base::WallTime> absent_since = std::nullopt;
  std::string absence{};  ///< where it leads instead; empty beside absent_since: as it was known
  std::optional<base::WallTime> unused_since = std::nullopt;

  friend bool operator==(const UsageLook&, const UsageLook&) = default;
};

}  // namespace agent
