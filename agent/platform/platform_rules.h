#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/challenge/challenge_policy.h"
#include "agent/model/limits.h"

namespace agent {

/// How many certificates of one registered domain an authority gives.
struct DomainLimit {
  std::string authority{};  ///< name in the configuration
  RateLimit limit{};        ///< what the authority has told us since goes before
  double use = 1;           ///< the part of it that we use
};

/// What the configuration says to all tenants. A value.
struct PlatformRules {
  ChallengePolicy challenges{};
  std::uint32_t wildcard_after = 20;  ///< see agent/platform/wildcard_policy.h; 0: never
  /// Of the authority that is asked first; nullopt: no limit that we know of.
  std::optional<DomainLimit> domain_limit = std::nullopt;
};

}  // namespace agent
