#pragma once

// Inside agent/cli/doctor_*.cc only.

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"

namespace agent {

struct HttpProbe {
  std::string url{};
  std::string ca_file{};  ///< empty: the system's roots
  std::string connect{};  ///< `address:port` to connect to, whatever the URL says; may be empty
};

struct HttpFinding {
  long status = 0;      ///< 0: no answer, see `error`
  std::string error{};  ///< a sentence
  std::string body{};   ///< its first 64 KiB
  std::string location{};
  std::optional<base::WallTime> date = std::nullopt;  ///< the header of that name
};

/// One GET, not followed anywhere, at most ten seconds. Blocks.
HttpFinding probe_http(const HttpProbe& probe);

}  // namespace agent
