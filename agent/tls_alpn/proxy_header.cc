#include "agent/tls_alpn/proxy_header.h"

#include <algorithm>
#include <string_view>

namespace agent {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view signature_v1 = "PROXY "sv;
constexpr std::string_view signature_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t longest_v1 = 107;
constexpr std::size_t fixed_v2 = 16;

/// Whether both have the same bytes as far as both go.
bool agree(std::string_view one, std::string_view other) {
  const std::size_t size = std::min(one.size(), other.size());
  return one.substr(0, size) == other.substr(0, size);
}

ProxyHeader version_1(std::string_view begin) {
  const std::size_t end = begin.substr(0, longest_v1).find("\r\n");
  if (end != std::string_view::npos) return ProxyHeaderSize{end + 2};
  if (begin.size() >= longest_v1) return BrokenProxyHeader{};
  return NeedsMoreBytes{};
}

ProxyHeader version_2(std::string_view begin) {
  if (begin.size() < fixed_v2) return NeedsMoreBytes{};
  const auto byte = [begin](std::size_t at) { return static_cast<unsigned char>(begin[at]); };
  const unsigned version = byte(12) >> 4U;
  const unsigned command = byte(12) & 0xfU;
  const std::size_t size = fixed_v2 + (std::size_t{byte(14)} << 8U) + byte(15);
  if (version != 2 || command > 1 || size > max_proxy_header) return BrokenProxyHeader{};
  if (begin.size() < size) return NeedsMoreBytes{};
  return ProxyHeaderSize{size};
}

}  // namespace

ProxyHeader find_proxy_header(std::span<const std::byte> begin) {
  const std::string_view bytes(reinterpret_cast<const char*>(begin.data()), begin.size());
  const std::string_view signature = bytes.starts_with('P') ? signature_v1 : signature_v2;
  if (!agree(bytes, signature)) return NoProxyHeader{};
  if (bytes.size() < signature.size()) return NeedsMoreBytes{};
  return signature == signature_v1 ? version_1(bytes) : version_2(bytes);
}

}  // namespace agent
