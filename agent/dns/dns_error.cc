#include "agent/dns/dns_error.h"

namespace agent {

std::string_view to_string(DnsErrc code) {
  switch (code) {
    case DnsErrc::configuration: return "configuration";
    case DnsErrc::transient: return "transient";
    case DnsErrc::refused: return "refused";
  }
  return "unknown";
}

}  // namespace agent
