#pragma once

#include <chrono>
#include <string>

#include "agent/model/usage.h"
#include "base/clock.h"

namespace agent {

/// Where a hostname leads, as a look at DNS says.
struct Lead {
  enum class Where { to_us, elsewhere, unknown } where = Where::unknown;
  std::string detail{};  ///< of elsewhere: a sentence
};

/// What follows of a look. A hostname is used if it leads to us or has visitors; one that was not
/// for `after`, by all looks, is unused, until a look finds it used. What is not known changes
/// nothing. The next look is a day later, an hour if nothing is known, spread by `jitter`, from 0
/// to 1. Pure.
UsageLook judge_usage(const HostnameUsage& usage,
                      const Lead& lead,
                      std::chrono::milliseconds after,
                      base::WallTime now,
                      double jitter);

}  // namespace agent
