#pragma once

#include <chrono>

#include "agent/dns/dns_resolver.h"

namespace agent {

/// Sends one message over TCP and reads one reply (RFC 1035 §4.2.2). Errors: transient, with the
/// server and what failed; `timeout` is for all of it.
base::asio::awaitable<base::Result<dns::Bytes, DnsError>> exchange_over_tcp(
    DnsServer server, dns::Bytes message, std::chrono::milliseconds timeout);

}  // namespace agent
