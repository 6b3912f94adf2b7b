#pragma once

// Inside haproxy/asio/*.cc only.

#include <chrono>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "haproxy/errc.h"

namespace haproxy {

using StreamSocket = base::StreamProtocol::socket;

/// Errc::timeout, or Errc::connection_closed with the reason; the detail begins with the endpoint.
base::asio::awaitable<base::Result<StreamSocket, RuntimeError>> connect(
    base::asio::any_io_executor executor,
    base::Endpoint endpoint,
    std::chrono::milliseconds timeout);

}  // namespace haproxy
