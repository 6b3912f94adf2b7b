#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/asio.h"
#include "base/endpoint.h"
#include "tests/fake_ca/validation.h"

namespace fake_ca {

/// Where the validation authority finds what the names stand for.
struct ValidatorOptions {
  std::string address = "127.0.0.1";               ///< of all names; numeric
  std::uint16_t http_port = 80;                    ///< for http-01
  std::uint16_t tls_port = 443;                    ///< for tls-alpn-01, and redirects to https
  std::optional<base::TcpEndpoint> resolver = {};  ///< asked for TXT over TCP; none: dns error
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< of one connection
};

/// Fetches the answer to a challenge as an authority does: http-01 with up to 10 redirects, TXT
/// with up to 8 aliases, or a handshake with acme-tls/1. `options` outlives it.
base::asio::awaitable<Evidence> fetch_evidence(const ValidatorOptions& options,
                                               ValidationTask task);

}  // namespace fake_ca
