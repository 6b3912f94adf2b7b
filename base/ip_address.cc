#include "base/ip_address.h"

#include <arpa/inet.h>
#include <array>
#include <utility>

namespace base {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const bool is_v6 = text.find(':') != std::string_view::npos;
  const int family = is_v6 ? AF_INET6 : AF_INET;
  std::array<char, 16> bytes{};
  const std::string terminated(text);
  // A zero byte would end the text early.
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(family, terminated.c_str(), bytes.data()) != 1) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (::inet_ntop(family, bytes.data(), canonical.data(), canonical.size()) == nullptr) {
    return std::nullopt;
  }
  return IpAddress(canonical.data(), std::string(bytes.data(), is_v6 ? 16 : 4));
}

std::string IpAddress::reverse_name() const {
  std::string name;
  for (auto byte = bytes_.rbegin(); byte != bytes_.rend(); ++byte) {
    const unsigned value = static_cast<unsigned char>(*byte);
    if (is_v6()) {
      constexpr std::string_view digits = "0123456789abcdef";
      name += {digits[value & 0xfU], '.', digits[value >> 4U], '.'};
    } else {
      name += std::to_string(value) + '.';
    }
  }
  return name + (is_v6() ? "ip6.arpa" : "in-addr.arpa");
}

}  // namespace base
