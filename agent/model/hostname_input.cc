#include "agent/model/hostname_input.h"

#include <algorithm>
#include <array>
#include <idn2.h>
#include <memory>
#include <optional>
#include <system_error>

namespace agent {
namespace {

// A name of 253 bytes as A-labels has at most 1,012 bytes as U-labels; more need not be looked at.
constexpr std::size_t max_input = 1024;
constexpr std::size_t max_quoted = 100;

struct FreeIdn2 {
  void operator()(char* text) const { idn2_free(text); }
};
using Idn2Text = std::unique_ptr<char, FreeIdn2>;

bool is_printable_ascii(char c) {
  return c >= ' ' && c <= '~';
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text.substr(0, max_quoted)) {
    if (is_printable_ascii(c)) {
      quoted += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    quoted.append("\\x").append(1, digits[byte / 16]).append(1, digits[byte % 16]);
  }
  return quoted + (text.size() > max_quoted ? "...\"" : "\"");
}

base::Unexpected<std::string> refuse(std::string_view text,
                                     std::string_view field,
                                     std::string_view reason) {
  std::string sentence(field);
  sentence.append(": ").append(quote(text)).append(" is no hostname: ").append(reason);
  return base::Unexpected(std::move(sentence));
}

/// The U-label of one A-label, if it is a proper one.
std::optional<std::string> to_u_label(const std::string& a_label) {
  char* out = nullptr;
  if (idn2_to_unicode_8z8z(a_label.c_str(), &out, 0) != IDN2_OK) return std::nullopt;
  const Idn2Text unicode(out);
  char* back = nullptr;
  if (idn2_to_ascii_8z(unicode.get(), &back, IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
  const Idn2Text ascii(back);
  if (a_label != ascii.get()) return std::nullopt;
  return std::string(unicode.get());
}

}  // namespace

base::Result<base::DomainName, std::string> parse_hostname(std::string_view text,
                                                           std::string_view field) {
  if (text.size() > max_input) return refuse(text, field, "the name is longer than 253 bytes");
  // libidn2 takes a C string: a NUL would hide what follows it.
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return refuse(text, field, "it contains a control character");
  }
  if (const auto address = base::IpAddress::parse(text)) return base::DomainName(*address);
  char* out = nullptr;
  const int code =
      idn2_to_ascii_8z(std::string(text).c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const Idn2Text ascii(out);
  if (code != IDN2_OK) return refuse(text, field, idn2_strerror(code));
  base::Result<base::DomainName> name = base::DomainName::parse(ascii.get());
  if (!name) return refuse(text, field, name.error().message());
  return *std::move(name);
}

std::string to_unicode(const base::DomainName& name) {
  std::string result;
  std::string_view rest = name.text();
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string label(rest.substr(0, dot));
    result += label.starts_with("xn--") ? to_u_label(label).value_or(label) : label;
    if (dot == std::string_view::npos) return result;
    result += '.';
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace agent
