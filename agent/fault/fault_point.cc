#include "agent/fault/fault_point.h"

#ifdef ACME_SPOA_FAULT_POINTS

#include <csignal>
#include <cstdlib>

namespace agent {

void fault_point(std::string_view name) {
  static const char* const chosen = std::getenv("ACME_SPOA_FAULT_POINT");
  if (chosen != nullptr && name == chosen) std::raise(SIGKILL);
}

}  // namespace agent

#endif
