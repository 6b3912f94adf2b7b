#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/spop/arguments.h"
#include "bench/spop/blocking_socket.h"

// The least that a server can do: one epoll loop, one read and one write a batch.
namespace bench {

/// answer() is given all that has arrived on a connection and was not answered yet, adds to the
/// output what is to be sent, and returns how many bytes that has answered: 0 if more are needed.
template <class Answers>
concept AnswersWhole = requires(Answers answers, std::span<const std::byte> input) {
  { answers.answer(input) } -> std::same_as<std::size_t>;
  { answers.output() } -> std::same_as<std::span<const std::byte>>;
  answers.clear();
};

template <AnswersWhole Answers>
class EpollServer {
 public:
  explicit EpollServer(Answers& answers) : answers_(answers) {}

  /// For ever.
  [[noreturn]] void run(int listener) {
    add(listener, nullptr);
    std::array<epoll_event, 128> events;
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        auto* const connection =
            static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) {
          accept(listener);
        } else if (!serve(*connection)) {
          ::close(connection->fd);
          delete connection;  // epoll holds its only pointer
        }
      }
    }
  }

 private:
  static constexpr std::size_t buffer_size = 16'384;

  struct Connection {
    int fd;
    std::size_t size = 0;  // of what is in `input`
    std::array<std::byte, buffer_size> input;
  };

  void accept(int listener) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) add(fd, std::make_unique<Connection>(Connection{fd, 0, {}}).release());
  }

  void add(int fd, Connection* connection) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  /// False when the peer is gone, or sends what does not fit.
  bool serve(Connection& connection) {
    std::byte* const input = connection.input.data();
    const ssize_t n =
        ::recv(connection.fd, input + connection.size, buffer_size - connection.size, 0);
    if (n <= 0) return false;
    connection.size += static_cast<std::size_t>(n);
    answers_.clear();
    const std::size_t answered = answers_.answer({input, connection.size});
    connection.size -= answered;
    if (connection.size > 0) std::memmove(input, input + answered, connection.size);
    // The load reads what it is sent, so a blocking send ends.
    const auto bytes = answers_.output();
    return bytes.empty() || ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }

  Answers& answers_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

/// What the main() of such a server does: `--listen ADDRESS [--cpu N]`; prints "ready" and the
/// address, and serves.
template <AnswersWhole Answers>
[[noreturn]] void serve(int argc, char** argv, Answers& answers) {
  const Arguments arguments(argc, argv);
  pin_to_cpu(arguments.number("cpu", 0));
  const base::Endpoint endpoint = endpoint_of(arguments.text("listen"));
  const int listener = listen_on(endpoint);
  std::printf("ready %s\n", base::to_string(listening_on(listener, endpoint)).c_str());
  std::fflush(stdout);
  EpollServer(answers).run(listener);
}

}  // namespace bench
