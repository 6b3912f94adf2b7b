#include "agent/deployer/sole_use.h"

#include <cstddef>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace agent {

SoleUse::~SoleUse() {
  if (fd_ >= 0) ::close(fd_);
}

bool SoleUse::claim(std::string_view what) {
  if (fd_ >= 0) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  constexpr std::size_t room = sizeof(address.sun_path) - 1;
  std::string name = "acme-spoa uses " + std::string(what);
  if (name.size() > room) {
    const std::string hash = std::to_string(std::hash<std::string_view>{}(what));
    name = name.substr(0, room - hash.size()) + hash;
  }
  name.copy(address.sun_path + 1, room);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    ::close(fd);
    return false;
  }
  fd_ = fd;
  return true;
}

}  // namespace agent
