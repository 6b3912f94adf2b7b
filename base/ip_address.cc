#include "base/ip_address.h"

#include <arpa/inet.h>
#include <array>
#include <utility>

namespace base {
namespace {

constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const bool is_v6 = text.find(':') != std::string_view::npos;
  std::array<char, v6_size> bytes{};
  const std::string terminated(text);
  // A zero byte would end the text early.
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(is_v6 ? AF_INET6 : AF_INET, terminated.c_str(), bytes.data()) != 1) {
    return std::nullopt;
  }
  return from_bytes(std::string_view(bytes.data(), is_v6 ? v6_size : v4_size));
}

std::optional<IpAddress> IpAddress::from_bytes(std::string_view bytes) {
  if (bytes.size() != v4_size && bytes.size() != v6_size) return std::nullopt;
  const int family = bytes.size() == v6_size ? AF_INET6 : AF_INET;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return std::nullopt;
  return IpAddress(text.data(), std::string(bytes));
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
