#include "base/endpoint.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>

namespace base {
namespace {

constexpr std::size_t max_path = 107;  // sun_path is 108 bytes, the last one a NUL (or the padding)

Result<Endpoint, std::string> parse_path(std::string_view path) {
  if (!path.starts_with('/'))
    return Unexpected<std::string>("a unix socket needs an absolute path: unix@/path");
  if (path.size() > max_path)
    return Unexpected<std::string>("a unix socket's path is at most 107 bytes long");
  return Endpoint(UnixEndpoint{std::string(path)});
}

Result<Endpoint, std::string> parse_abstract(std::string_view name) {
  if (name.empty()) return Unexpected<std::string>("an abstract socket needs a name: abns@name");
  if (name.size() > max_path)
    return Unexpected<std::string>("an abstract socket's name is at most 107 bytes long");
  return Endpoint(AbstractEndpoint{std::string(name)});
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

Result<Endpoint, std::string> parse_tcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Unexpected<std::string>("expected ADDRESS:PORT, unix@/path or abns@name");
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  TcpEndpoint endpoint{std::string(host), 0};
  if (!is_address(endpoint.host)) {
    return Unexpected<std::string>(
        "expected a numeric address before the port, such as 127.0.0.1:9000 or [::1]:9000");
  }
  const auto [end, ec] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (ec != std::errc{} || end != digits.data() + digits.size()) {
    return Unexpected<std::string>("expected a port from 0 to 65535 after the colon");
  }
  return Endpoint(std::move(endpoint));
}

}  // namespace

Result<Endpoint, std::string> parse_endpoint(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix@";
  constexpr std::string_view abstract_prefix = "abns@";
  if (text.starts_with(unix_prefix)) return parse_path(text.substr(unix_prefix.size()));
  if (text.starts_with(abstract_prefix)) return parse_abstract(text.substr(abstract_prefix.size()));
  return parse_tcp(text);
}

std::string to_string(const Endpoint& endpoint) {
  struct Spell {
    std::string operator()(const TcpEndpoint& tcp) const {
      const bool v6 = tcp.host.find(':') != std::string::npos;
      return (v6 ? "[" + tcp.host + "]" : tcp.host) + ":" + std::to_string(tcp.port);
    }
    std::string operator()(const UnixEndpoint& local) const { return "unix@" + local.path; }
    std::string operator()(const AbstractEndpoint& local) const { return "abns@" + local.name; }
  };
  return std::visit(Spell{}, endpoint);
}

}  // namespace base
