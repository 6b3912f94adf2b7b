#include "agent/model/tenant.h"

#include <algorithm>

namespace agent {
namespace {

constexpr std::size_t max_id = 64;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_id_character(char c) {
  return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

}  // namespace

base::Result<std::string, std::string> parse_tenant_id(std::string_view text,
                                                       std::string_view field) {
  const bool is_right = !text.empty() && text.size() <= max_id &&
                        is_letter_or_digit(text.front()) &&
                        std::all_of(text.begin(), text.end(), is_id_character);
  if (is_right) return std::string(text);
  return base::Unexpected(std::string(field) +
                          ": expected 1 to 64 of a-z 0-9 . _ -, the first a letter or digit");
}

}  // namespace agent
