#include "bench/spop/blocking_socket.h"

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bench {
namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  void operator()(const base::TcpEndpoint& tcp) {
    auto& in = reinterpret_cast<sockaddr_in&>(storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(tcp.port);
    if (::inet_pton(AF_INET, tcp.host.c_str(), &in.sin_addr) != 1) fail("address");
    size = sizeof(in);
  }
  void operator()(const base::UnixEndpoint& local) {
    auto& un = reinterpret_cast<sockaddr_un&>(storage);
    un.sun_family = AF_UNIX;
    local.path.copy(un.sun_path, sizeof(un.sun_path) - 1);
    size = sizeof(un);
  }
  void operator()(const base::AbstractEndpoint& local) {
    auto& un = reinterpret_cast<sockaddr_un&>(storage);
    un.sun_family = AF_UNIX;
    local.name.copy(un.sun_path + 1, sizeof(un.sun_path) - 1);
    size = sizeof(un);
  }
};

int open_socket(const base::Endpoint& endpoint, Address& address) {
  std::visit(address, endpoint);
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  if (address.storage.ss_family == AF_INET) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  return fd;
}

}  // namespace

int connect_to(const base::Endpoint& endpoint) {
  Address address;
  const int fd = open_socket(endpoint, address);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    fail("connect");
  }
  return fd;
}

int listen_on(const base::Endpoint& endpoint) {
  Address address;
  const int fd = open_socket(endpoint, address);
  if (const auto* local = std::get_if<base::UnixEndpoint>(&endpoint)) ::unlink(local->path.c_str());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    fail("bind");
  }
  if (::listen(fd, SOMAXCONN) != 0) fail("listen");
  return fd;
}

base::Endpoint listening_on(int fd, const base::Endpoint& requested) {
  const auto* tcp = std::get_if<base::TcpEndpoint>(&requested);
  if (tcp == nullptr) return requested;
  sockaddr_in bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) fail("getsockname");
  return base::TcpEndpoint{tcp->host, ntohs(bound.sin_port)};
}

base::Endpoint endpoint_of(const std::string& text) {
  const auto endpoint = base::parse_endpoint(text);
  if (endpoint) return *endpoint;
  std::fprintf(stderr, "%s\n", endpoint.error().c_str());
  std::exit(2);
}

}  // namespace bench
