#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// An IPv4 or IPv6 address in the one text that RFC 5952 allows: lower case, compressed. A value.
class IpAddress {
 public:
  /// nullopt for anything but four decimal numbers or an IPv6 address: no brackets, zone or port.
  static std::optional<IpAddress> parse(std::string_view text);

  const std::string& text() const { return text_; }    ///< `192.0.2.7`, `2001:db8::1`
  const std::string& bytes() const { return bytes_; }  ///< 4 or 16, network byte order
  bool is_v6() const { return bytes_.size() == 16; }
  /// `7.2.0.192.in-addr.arpa`, or 32 nibbles and `ip6.arpa` (RFC 1035 §3.5, RFC 3596 §2.5).
  std::string reverse_name() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress(std::string text, std::string bytes)
      : text_(std::move(text)), bytes_(std::move(bytes)) {}
  std::string text_;
  std::string bytes_;
};

}  // namespace base
