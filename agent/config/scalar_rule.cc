#include "agent/config/scalar_rule.h"

#include <algorithm>

namespace agent {
namespace {

constexpr std::size_t max_quoted = 80;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// In quotes, what is not printable ASCII escaped, and cut.
std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text.substr(0, max_quoted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= ' ' && c <= '~') {
      quoted += c;
    } else {
      quoted.append("\\x").append(1, digits[byte / 16]).append(1, digits[byte % 16]);
    }
  }
  return quoted + (text.size() > max_quoted ? "...\"" : "\"");
}

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "empty";
    case YamlNode::Kind::scalar: return quote(node.text);
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a map";
  }
  return {};
}

std::string quote_if_odd(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= max_quoted &&
                     std::all_of(text.begin(), text.end(), is_word_character);
  return plain ? std::string(text) : quote(text);
}

}  // namespace agent
