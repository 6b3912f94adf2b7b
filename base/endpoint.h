#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace base {

/// A numeric address and port.
struct TcpEndpoint {
  std::string host;  ///< `127.0.0.1`, `::1`; never a name: resolving one would block
  std::uint16_t port = 0;
  friend bool operator==(const TcpEndpoint&, const TcpEndpoint&) = default;
};

/// A path in the file system, below the 108 bytes of sun_path.
struct UnixEndpoint {
  std::string path;
  friend bool operator==(const UnixEndpoint&, const UnixEndpoint&) = default;
};

/// Linux's abstract namespace as HAProxy's `abns@` means it: the name padded with zero bytes to all
/// of sun_path. A process under chroot reaches it.
struct AbstractEndpoint {
  std::string name;
  friend bool operator==(const AbstractEndpoint&, const AbstractEndpoint&) = default;
};

/// Where a stream socket listens or connects, in HAProxy's spelling: `127.0.0.1:9000`,
/// `[::1]:9000`, `unix@/run/x.sock`, `abns@name`.
using Endpoint = std::variant<TcpEndpoint, UnixEndpoint, AbstractEndpoint>;

/// The error is a sentence that says what would be right.
Result<Endpoint, std::string> parse_endpoint(std::string_view text);

/// The inverse of parse_endpoint().
std::string to_string(const Endpoint& endpoint);

}  // namespace base
