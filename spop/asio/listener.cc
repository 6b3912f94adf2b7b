#include "spop/asio/listener.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spop {

namespace asio = base::asio;
using boost::system::error_code;

namespace {

/// A file left behind by a process that was killed: nobody accepts on it.
bool is_stale(const base::UnixEndpoint& local) {
  struct stat status {};
  if (::lstat(local.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  asio::io_context io;
  asio::basic_stream_socket<base::StreamProtocol> probe(io);
  error_code ec;
  probe.connect(base::to_asio(local), ec);
  return ec == asio::error::connection_refused;
}

void prepare(const base::TcpEndpoint&, Acceptor& acceptor, ::mode_t, error_code& ec) {
  acceptor.set_option(Acceptor::reuse_address(true), ec);
  // Accepted sockets inherit both.
  if (!ec) acceptor.set_option(asio::ip::tcp::no_delay(true), ec);
  if (!ec) acceptor.set_option(Acceptor::keep_alive(true), ec);
}

void prepare(const base::UnixEndpoint& local, Acceptor& acceptor, ::mode_t mode, error_code& ec) {
  if (is_stale(local)) ::unlink(local.path.c_str());
  // Before bind() makes the file, so that it is never more open than asked for.
  if (::fchmod(acceptor.native_handle(), mode) != 0) {
    ec.assign(errno, boost::system::system_category());
  }
}

void prepare(const base::AbstractEndpoint&, Acceptor&, ::mode_t, error_code&) {}

/// The process's umask has narrowed what bind() made.
void set_file_mode(const base::Endpoint& endpoint, ::mode_t mode, error_code& ec) {
  const auto* local = std::get_if<base::UnixEndpoint>(&endpoint);
  if (local == nullptr || ::chmod(local->path.c_str(), mode) == 0) return;
  ec.assign(errno, boost::system::system_category());
}

}  // namespace

base::Result<Acceptor> open_listener(asio::io_context& io,
                                     const base::Endpoint& endpoint,
                                     ::mode_t unix_mode) {
  const auto address = base::to_asio(endpoint);
  Acceptor acceptor(io);
  error_code ec;
  acceptor.open(address.protocol(), ec);
  // A child that outlived us would keep the address.
  if (!ec) ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!ec) std::visit([&](const auto& kind) { prepare(kind, acceptor, unix_mode, ec); }, endpoint);
  if (!ec) acceptor.bind(address, ec);
  if (!ec) set_file_mode(endpoint, unix_mode, ec);
  if (!ec) acceptor.listen(Acceptor::max_listen_connections, ec);
  if (ec) return base::Unexpected(std::error_code(ec));
  return acceptor;
}

base::Endpoint local_endpoint(const Acceptor& acceptor, const base::Endpoint& requested) {
  const auto* tcp = std::get_if<base::TcpEndpoint>(&requested);
  if (tcp == nullptr) return requested;
  const auto local = acceptor.local_endpoint();
  asio::ip::tcp::endpoint bound;
  std::memcpy(bound.data(), local.data(), local.size());
  return base::TcpEndpoint{tcp->host, bound.port()};
}

}  // namespace spop
