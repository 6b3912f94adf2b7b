#pragma once

#include <cstddef>
#include <span>
#include <variant>

namespace agent {

/// A PROXY protocol header, version 1 or 2, at the begin of a connection (HAProxy's
/// proxy-protocol.txt §2). Who the peer is does not matter to us: it is skipped.
struct NoProxyHeader {};   ///< the bytes are the peer's own
struct NeedsMoreBytes {};  ///< they may still become a header
struct BrokenProxyHeader {};
struct ProxyHeaderSize {
  std::size_t bytes;  ///< of the whole header
};
using ProxyHeader = std::variant<NoProxyHeader, NeedsMoreBytes, BrokenProxyHeader, ProxyHeaderSize>;

/// The longest header that we take: addresses and a few TLVs have 232 bytes at most in version 1
/// and by HAProxy's default; 512 leaves room for a name and a unique id.
inline constexpr std::size_t max_proxy_header = 512;

/// Looks at the first bytes of a connection.
ProxyHeader find_proxy_header(std::span<const std::byte> begin);

}  // namespace agent
