#include "base/domain_name.h"

#include <algorithm>

namespace base {
namespace {

constexpr std::size_t max_name = 253;
constexpr std::size_t max_label = 63;

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "domain-name"; }
  std::string message(int code) const override {
    switch (static_cast<DomainNameErrc>(code)) {
      case DomainNameErrc::empty: return "the name is empty";
      case DomainNameErrc::too_long: return "the name is longer than 253 bytes";
      case DomainNameErrc::label_empty: return "the name has an empty label";
      case DomainNameErrc::label_too_long: return "a label is longer than 63 bytes";
      case DomainNameErrc::bad_character:
        return "only letters, digits, hyphens and dots may stand in a name";
      case DomainNameErrc::bad_hyphen: return "a label begins or ends with a hyphen";
      case DomainNameErrc::single_label: return "the name needs at least two labels";
      case DomainNameErrc::bad_wildcard: return "a wildcard is one star as the whole first label";
      case DomainNameErrc::looks_like_ipv4:
        return "the last label is a number, as in an IP address";
    }
    return "error " + std::to_string(code);
  }
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

std::error_code check_label(std::string_view label) {
  if (label.empty()) return DomainNameErrc::label_empty;
  if (label.size() > max_label) return DomainNameErrc::label_too_long;
  if (!std::all_of(label.begin(), label.end(), is_label_character)) {
    return label.find('*') == std::string_view::npos ? DomainNameErrc::bad_character
                                                     : DomainNameErrc::bad_wildcard;
  }
  if (label.front() == '-' || label.back() == '-') return DomainNameErrc::bad_hyphen;
  return {};
}

/// `name` has no star and no trailing dot.
std::error_code check_labels(std::string_view name) {
  std::size_t labels = 0;
  std::string_view last;
  while (true) {
    const std::size_t dot = name.find('.');
    last = name.substr(0, dot);
    if (const std::error_code ec = check_label(last)) return ec;
    ++labels;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  if (labels < 2) return DomainNameErrc::single_label;
  if (std::all_of(last.begin(), last.end(), is_digit)) return DomainNameErrc::looks_like_ipv4;
  return {};
}

}  // namespace

const std::error_category& domain_name_category() noexcept {
  static const Category category;
  return category;
}

Result<DomainName> DomainName::parse(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty()) return Unexpected(make_error_code(DomainNameErrc::empty));
  if (text.size() > max_name) return Unexpected(make_error_code(DomainNameErrc::too_long));
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), to_lower);
  const std::string_view bare = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
  if (const std::error_code ec = check_labels(bare)) return Unexpected(ec);
  return DomainName(std::move(name));
}

Result<DomainName> DomainName::parse_name_or_address(std::string_view text) {
  if (const std::optional<IpAddress> address = IpAddress::parse(text)) return DomainName(*address);
  return parse(text);
}

/// No label of a DNS name has a colon, and its last one is no number.
bool DomainName::is_address() const {
  return text_.find(':') != std::string::npos ||
         (is_digit(text_.back()) &&
          std::all_of(text_.begin(), text_.end(), [](char c) { return is_digit(c) || c == '.'; }));
}

std::optional<IpAddress> DomainName::address() const {
  return is_address() ? IpAddress::parse(text_) : std::nullopt;
}

}  // namespace base
