#include "agent/cli/doctor_runtime.h"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>

#include "base/asio_endpoint.h"

namespace agent {
namespace {

constexpr timeval patience{5, 0};
constexpr std::size_t max_answer = 65536;

base::Unexpected<std::string> failed(int error) {
  return base::Unexpected(std::generic_category().message(error));
}

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
      ::setsockopt(fd_, SOL_SOCKET, option, &patience, sizeof patience);
    }
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

base::Result<std::string, std::string> ask_runtime_api(const base::Endpoint& where,
                                                       const std::string& command) {
  const auto address = base::to_asio(where);
  const Socket socket(address.protocol().family());
  if (::connect(socket.fd(), address.data(), static_cast<socklen_t>(address.size())) != 0) {
    return failed(errno);
  }
  const std::string line = command + "\n";
  if (::send(socket.fd(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return failed(errno);
  std::string answer;
  char part[4096];
  while (answer.size() < max_answer) {
    const ssize_t n = ::recv(socket.fd(), part, sizeof part, 0);
    if (n < 0) return failed(errno);
    if (n == 0) break;
    answer.append(part, static_cast<std::size_t>(n));
  }
  return answer;
}

}  // namespace agent
