#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

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

/// A DNS name as certificates have it (RFC 1123 host syntax): lower-case A-labels, no trailing dot,
/// at most 253 bytes, optionally with one leftmost `*` label. The only way to one is parse(), so a
/// DomainName is safe in a file name apart from its star. A value.
class DomainName {
 public:
  /// Folds case and drops one trailing dot; everything else must be right already.
  static Result<DomainName> parse(std::string_view text);

  const std::string& text() const { return text_; }  ///< with `*.` if it is a wildcard
  bool is_wildcard() const { return text_.front() == '*'; }
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
