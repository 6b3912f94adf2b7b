#include "haproxy/asio/runtime_connection.h"

#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace haproxy {
namespace {

using base::Result;
using base::Unexpected;

constexpr std::size_t max_reply = std::size_t{128} << 20;  // 100 bytes a certificate are listed

}  // namespace

RuntimeConnection::RuntimeConnection(int fd, PromptStyle style, std::chrono::milliseconds timeout)
    : fd_(fd), timeout_(timeout), reader_(max_reply, style) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timeval limit{
      static_cast<time_t>(seconds.count()),
      static_cast<suseconds_t>(std::chrono::microseconds(timeout - seconds).count())};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(fd_, SOL_SOCKET, option, &limit, sizeof limit);
  }
}

RuntimeConnection::~RuntimeConnection() {
  ::close(fd_);
}

Result<std::string, RuntimeError> RuntimeConnection::exchange(std::string_view bytes) {
  if (!is_open_) return fail(Errc::connection_closed, {});
  if (has_unasked_bytes()) return fail(Errc::protocol_error, "unasked bytes");
  send(bytes);
  return receive();
}

bool RuntimeConnection::has_unasked_bytes() const {
  int waiting = 0;
  return ::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting > 0;
}

/// What goes wrong is found by receive(): HAProxy may have said why before it closed.
void RuntimeConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

Result<std::string, RuntimeError> RuntimeConnection::receive() {
  const Clock::time_point begun = Clock::now();
  while (true) {
    const std::span<char> space = reader_.prepare();
    const ssize_t n = ::recv(fd_, space.data(), space.size(), 0);
    const int error = n < 0 ? errno : 0;
    if (error == EINTR) continue;
    if (error == EAGAIN) return fail(Errc::timeout, std::string(reader_.partial()));
    if (n <= 0) {
      const std::string why = n == 0 ? "end of file" : std::generic_category().message(error);
      return fail(Errc::connection_closed, std::string(reader_.partial()) + why);
    }
    auto reply = reader_.commit(static_cast<std::size_t>(n));
    if (!reply) return fail(Errc::protocol_error, "the reply does not end, or is two");
    if (*reply) return std::move(**reply);
    if (Clock::now() - begun > timeout_) {
      return fail(Errc::timeout, std::string(reader_.partial()));
    }
  }
}

void RuntimeConnection::rest(std::chrono::milliseconds time) const {
  pollfd end{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  ::poll(&end, 1, static_cast<int>(time.count()));
}

void RuntimeConnection::close() {
  is_open_ = false;
  ::shutdown(fd_, SHUT_RDWR);
}

Unexpected<RuntimeError> RuntimeConnection::fail(Errc code, std::string detail) {
  close();
  return Unexpected(RuntimeError{code, std::move(detail)});
}

}  // namespace haproxy
