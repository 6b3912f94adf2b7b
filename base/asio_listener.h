#pragma once

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace base {

using Acceptor = asio::basic_socket_acceptor<StreamProtocol>;

namespace listener {

/// A file left behind by a process that was killed: nobody accepts on it.
inline bool is_stale(const UnixEndpoint& local) {
  struct stat status {};
  if (::lstat(local.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  asio::io_context io;
  asio::basic_stream_socket<StreamProtocol> probe(io);
  boost::system::error_code ec;
  probe.connect(to_asio(local), ec);
  return ec == asio::error::connection_refused;
}

inline void prepare(Acceptor& acceptor,
                    const Endpoint& endpoint,
                    mode_t unix_mode,
                    boost::system::error_code& ec) {
  if (std::holds_alternative<TcpEndpoint>(endpoint)) {
    acceptor.set_option(Acceptor::reuse_address(true), ec);
  } else if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) {
    if (is_stale(*local)) ::unlink(local->path.c_str());
    // Before bind() makes the file, so that it is never more open than asked for.
    if (::fchmod(acceptor.native_handle(), unix_mode) != 0) {
      ec.assign(errno, boost::system::system_category());
    }
  }
}

/// The process's umask has narrowed what bind() made.
inline void widen(const Endpoint& endpoint, mode_t unix_mode, boost::system::error_code& ec) {
  const auto* local = std::get_if<UnixEndpoint>(&endpoint);
  if (local == nullptr || ::chmod(local->path.c_str(), unix_mode) == 0) return;
  ec.assign(errno, boost::system::system_category());
}

}  // namespace listener

/// Opens, binds and listens. A unix socket file that nobody listens on any more is replaced; one
/// that somebody listens on is address_in_use. `unix_mode` is the file's mode from its first moment
/// on.
inline Result<Acceptor> open_listener(const asio::any_io_executor& executor,
                                      const Endpoint& endpoint,
                                      mode_t unix_mode) {
  const auto address = to_asio(endpoint);
  Acceptor acceptor(executor);
  boost::system::error_code ec;
  acceptor.open(address.protocol(), ec);
  if (!ec) listener::prepare(acceptor, endpoint, unix_mode, ec);
  if (!ec) acceptor.bind(address, ec);
  if (!ec) listener::widen(endpoint, unix_mode, ec);
  if (!ec) acceptor.listen(Acceptor::max_listen_connections, ec);
  if (ec) return Unexpected(std::error_code(ec));
  return acceptor;
}

/// Where it listens in fact: with the port that the kernel chose for port 0.
inline Endpoint local_endpoint(const Acceptor& acceptor, const Endpoint& requested) {
  const auto* tcp = std::get_if<TcpEndpoint>(&requested);
  if (tcp == nullptr) return requested;
  const auto local = acceptor.local_endpoint();
  asio::ip::tcp::endpoint bound;
  std::memcpy(bound.data(), local.data(), local.size());
  return TcpEndpoint{tcp->host, bound.port()};
}

}  // namespace base
