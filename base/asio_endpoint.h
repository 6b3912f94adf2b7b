#pragma once

#include <variant>

#include "base/asio.h"
#include "base/endpoint.h"

namespace base {

/// Any stream socket: TCP, unix or abstract.
using StreamProtocol = asio::generic::stream_protocol;

/// REQUIRES: a TcpEndpoint's host is numeric, as parse_endpoint() has checked.
inline StreamProtocol::endpoint to_asio(const Endpoint& endpoint) {
  struct Convert {
    StreamProtocol::endpoint operator()(const TcpEndpoint& tcp) const {
      return asio::ip::tcp::endpoint(asio::ip::make_address(tcp.host), tcp.port);
    }
    StreamProtocol::endpoint operator()(const UnixEndpoint& local) const {
      return asio::local::stream_protocol::endpoint(local.path);
    }
    StreamProtocol::endpoint operator()(const AbstractEndpoint& local) const {
      // HAProxy pads the name with zero bytes to the last one of sun_path, which is one more than
      // local::stream_protocol::endpoint takes.
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      local.name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
      return {&address, sizeof(address)};
    }
  };
  return std::visit(Convert{}, endpoint);
}

}  // namespace base
