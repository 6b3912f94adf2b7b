#pragma once

#include <string>
#include <vector>

#include "agent/dns/dns_resolver.h"

namespace agent {

/// Where a name leads.
struct AddressCheck {
  enum class Finding {
    ours,     ///< to our addresses only, or to any if none are known to be ours
    partly,   ///< to ours and to others
    foreign,  ///< to others only
    none,     ///< nowhere: it has no address
    unknown,  ///< nobody could say
  } finding = Finding::unknown;
  std::string detail{};  ///< a sentence; empty if it is `ours`
};

/// Looks the addresses of `name` up. `own` are ours, as IpAddress::text() has them.
base::asio::awaitable<AddressCheck> check_addresses(DnsResolver& resolver,
                                                    dns::Name name,
                                                    const std::vector<std::string>& own);

}  // namespace agent
