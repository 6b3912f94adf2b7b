#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace agent {

/// What to do about it.
enum class DnsErrc {
  configuration,  ///< park: it stays so until the operator or the owner of the name changes
                  ///< something
  transient,      ///< try again later: a server or the network is in trouble
  refused,        ///< park this name: the other side understood and says no, to this name alone
};

/// `transient`, for logs.
std::string_view to_string(DnsErrc code);

/// Why something in DNS did not work. A value.
struct DnsError {
  DnsErrc code;
  std::string message;  ///< a sentence for people: what failed, where, and what would be right
  friend bool operator==(const DnsError&, const DnsError&) = default;
};

base::Unexpected<DnsError> misconfigured(std::string message);

}  // namespace agent
