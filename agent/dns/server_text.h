#pragma once

#include <string>

#include "agent/dns/dns_resolver.h"

namespace agent {

/// `TXT of _acme-challenge.example.com at 192.0.2.1:53`, the beginning of a message.
std::string describe(const DnsQuestion& question, const DnsServer& server);

/// `192.0.2.1`, with its port where that is not 53.
std::string describe(const DnsServer& server);

}  // namespace agent
