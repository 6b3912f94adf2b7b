#include "agent/dns/dns_error.h"

#include <utility>

namespace agent {

std::string_view to_string(DnsErrc code) {
  switch (code) {
    case DnsErrc::configuration: return "configuration";
    case DnsErrc::transient: return "transient";
    case DnsErrc::refused: return "refused";
  }
  return "unknown";
}

base::Unexpected<DnsError> misconfigured(std::string message) {
  return base::Unexpected(DnsError{DnsErrc::configuration, std::move(message)});
}

}  // namespace agent
