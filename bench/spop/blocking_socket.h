#pragma once

#include <string>

#include "base/endpoint.h"

namespace bench {

/// A socket connected to `endpoint`, or listening on it. Plain system calls, because the sink is to
/// be the least that can be. Ends the process with a sentence if it cannot be had.
int connect_to(const base::Endpoint& endpoint);
int listen_on(const base::Endpoint& endpoint);
/// Where a listening socket listens in fact: with the port that was chosen for port 0.
base::Endpoint listening_on(int fd, const base::Endpoint& requested);
/// As base::parse_endpoint(), but ends the process.
base::Endpoint endpoint_of(const std::string& text);

}  // namespace bench
