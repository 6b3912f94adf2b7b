// A small HTTP server: answers every request of its kept connections with the same 200, from one
// epoll loop. It is what proxying is measured against, so it does as little as HTTP allows.
//
//   bench_http_server --listen ADDRESS [--cpu N]
//
// Prints "ready" and the address.

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/spop/arguments.h"
#include "bench/spop/blocking_socket.h"
#include "bench/spop/population.h"

namespace {

constexpr std::size_t buffer_size = 16'384;
constexpr std::string_view end_of_request = "\r\n\r\n";  // requests have no body

struct Connection {
  int fd;
  std::size_t size = 0;  // of what is in `input`
  std::array<char, buffer_size> input;
};

std::string response() {
  const std::string body = bench::key_authorization(0);
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// False when the peer is gone, or sends a request that does not fit.
bool serve(Connection& connection, std::string_view response, std::string& output) {
  char* const input = connection.input.data();
  const ssize_t n =
      ::recv(connection.fd, input + connection.size, buffer_size - connection.size, 0);
  if (n <= 0) return false;
  connection.size += static_cast<std::size_t>(n);
  output.clear();
  std::string_view rest(input, connection.size);
  for (std::size_t at = rest.find(end_of_request); at != std::string_view::npos;
       at = rest.find(end_of_request)) {
    output += response;
    rest.remove_prefix(at + end_of_request.size());
  }
  std::char_traits<char>::move(input, rest.data(), rest.size());
  connection.size = rest.size();
  return output.empty() || ::send(connection.fd, output.data(), output.size(), MSG_NOSIGNAL) > 0;
}

void add(int epoll, int fd, Connection* connection) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void run(int listener) {
  const std::string answer = response();
  std::string output;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  add(epoll, listener, nullptr);
  std::array<epoll_event, 128> events;
  for (;;) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      auto* const connection =
          static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) add(epoll, fd, std::make_unique<Connection>(Connection{fd, 0, {}}).release());
      } else if (!serve(*connection, answer, output)) {
        ::close(connection->fd);
        delete connection;  // epoll holds its only pointer
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  bench::pin_to_cpu(arguments.number("cpu", 0));
  const base::Endpoint endpoint = bench::endpoint_of(arguments.text("listen"));
  const int listener = bench::listen_on(endpoint);
  std::printf("ready %s\n", base::to_string(bench::listening_on(listener, endpoint)).c_str());
  std::fflush(stdout);
  run(listener);
}
