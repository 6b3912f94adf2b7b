#pragma once

#include <string_view>

namespace agent {

/// A named instant at which the crash tests end the process as `kill -9` would: the one that the
/// environment variable ACME_SPOA_FAULT_POINT names. Release builds compile it to nothing.
#ifdef ACME_SPOA_FAULT_POINTS
void fault_point(std::string_view name);
#else
inline void fault_point(std::string_view) {}
#endif

}  // namespace agent
