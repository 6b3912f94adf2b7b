#pragma once

#include <cstdint>

#include "agent/challenge/challenge_policy.h"

namespace agent {

/// What the configuration says to all tenants. A value.
struct PlatformRules {
  ChallengePolicy challenges{};
  std::uint32_t wildcard_after = 20;  ///< see agent/platform/wildcard_policy.h; 0: never
};

}  // namespace agent
