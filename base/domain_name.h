#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/ip_address.h"
#include "base/result.h"

namespace base {

/// Why a text is no DomainName.
enum class DomainNameErrc {
  empty = 1,
  too_long,         ///< more than 253 bytes
  label_empty,      ///< two dots in a row, or a leading dot
  label_too_long,   ///< a label of more than 63 bytes
  bad_character,    ///< anything but a-z 0-9 and hyphen (a U-label is to be converted first)
  bad_hyphen,       ///< a label begins or ends with a hyphen
  single_label,     ///< no dot: no authority issues for it
  bad_wildcard,     ///< a star that is not exactly the whole leftmost label
  looks_like_ipv4,  ///< the last label is a number
};

const std::error_category& domain_name_category() noexcept;
inline std::error_code make_error_code(DomainNameErrc e) noexcept {
  return {static_cast<int>(e), domain_name_category()};
}

/// A name as certificates have it: a DNS name (RFC 1123 host syntax; lower-case A-labels, no
/// trailing dot, at most 253 bytes, optionally with one leftmost `*` label), or an IP address
/// (RFC 8738) where one was asked for. A DNS name is safe in a file name apart from its star, an
/// address apart from its colons. A value.
class DomainName {
 public:
  /// A DNS name. Folds case and drops one trailing dot; everything else must be right already.
  static Result<DomainName> parse(std::string_view text);
  /// Either of the two; the error is that of the DNS name.
  static Result<DomainName> parse_name_or_address(std::string_view text);
  explicit DomainName(const IpAddress& address) : text_(address.text()) {}

  const std::string& text() const { return text_; }  ///< with `*.` if it is a wildcard
  bool is_wildcard() const { return text_.front() == '*'; }
  bool is_address() const;
  std::optional<IpAddress> address() const;  ///< nullopt of a DNS name
  /// Without the `*.` of a wildcard: what the authorization object names (RFC 8555 §7.1.4).
  std::string_view bare() const {
    return is_wildcard() ? std::string_view(text_).substr(2) : text_;
  }

  friend auto operator<=>(const DomainName&, const DomainName&) = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace base

template <>
struct std::is_error_code_enum<base::DomainNameErrc> : std::true_type {};

template <>
struct std::hash<base::DomainName> {
  std::size_t operator()(const base::DomainName& name) const {
    return std::hash<std::string>{}(name.text());
  }
};
