#include "agent/cli/environment.h"

#include <algorithm>

namespace agent {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// How many bytes the character at the front has; 0 if it is not UTF-8 (RFC 3629 §4, without its
/// finer points).
std::size_t length_of_first(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  const bool is_whole = std::all_of(
      text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), is_continuation);
  return is_whole ? length : 0;
}

/// C0, DEL, and C1, which begins with 0xc2 in UTF-8.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = length_of_first(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    result.append(length == 0 || is_control(character) ? "?" : character);
    text.remove_prefix(character.size());
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (++characters == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

ExitStatus complain(const std::string& message, const CliEnvironment& environment) {
  std::string_view rest = message;
  do {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    environment.err << "acme-spoa: " << printable(line) << "\n";
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  } while (!rest.empty());
  return ExitStatus::wrong_input;
}

}  // namespace agent
