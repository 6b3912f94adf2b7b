#pragma once

#include <sys/types.h>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace spop {

using Acceptor = base::asio::basic_socket_acceptor<base::StreamProtocol>;

/// Opens, binds and listens. A unix socket file that nobody listens on any more is replaced; one
/// that somebody listens on is address_in_use. `unix_mode` is the file's mode.
base::Result<Acceptor> open_listener(base::asio::io_context& io,
                                     const base::Endpoint& endpoint,
                                     ::mode_t unix_mode);

/// Where it listens in fact: with the port that the kernel chose for port 0.
base::Endpoint local_endpoint(const Acceptor& acceptor, const base::Endpoint& requested);

}  // namespace spop
