#include "agent/api/target.h"

#include <optional>
#include <utility>

namespace agent {
namespace {

constexpr std::size_t max_parts = 16;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// nullopt if a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// The part up to `separator`, which is taken off `rest` with it.
std::string_view take_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

bool decode_path(std::string_view rest, std::vector<std::string>& path) {
  while (!rest.empty()) {
    auto segment = percent_decode(take_part(rest, '/'));
    if (!segment || path.size() == max_parts) return false;
    path.push_back(*std::move(segment));
  }
  return true;
}

bool decode_query(std::string_view rest, std::vector<QueryParameter>& query) {
  while (!rest.empty()) {
    std::string_view pair = take_part(rest, '&');
    auto name = percent_decode(take_part(pair, '='));
    auto value = percent_decode(pair);
    if (!name || !value || query.size() == max_parts) return false;
    query.push_back({*std::move(name), *std::move(value)});
  }
  return true;
}

}  // namespace

base::Result<Target, std::string> parse_target(std::string_view text) {
  if (!text.starts_with('/')) {
    return base::Unexpected<std::string>("the request's target is no path that begins with /");
  }
  text.remove_prefix(1);
  const std::string_view path = take_part(text, '?');
  Target target;
  if (!decode_path(path, target.path)) {
    return base::Unexpected<std::string>("the path is not properly percent-encoded, or too deep");
  }
  if (!decode_query(text, target.query)) {
    return base::Unexpected<std::string>(
        "the query is not properly percent-encoded, or has too many parameters");
  }
  return target;
}

}  // namespace agent
