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
      std::string name = '\0' + local.name;
      name.resize(sizeof(sockaddr_un::sun_path));  // HAProxy pads with zero bytes
      return asio::local::stream_protocol::endpoint(name);
    }
  };
  return std::visit(Convert{}, endpoint);
}

}  // namespace base
