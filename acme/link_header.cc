#include "acme/link_header.h"

#include <algorithm>
#include <optional>

namespace acme {
namespace {

constexpr std::size_t max_links = 32;
constexpr std::string_view white_space = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

/// Cuts the next part off `rest`, up to a `separator` outside of <…> and "…".
std::string_view take_part(std::string_view& rest, char separator) {
  char closing = '\0';
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    const char c = rest[i];
    if (closing != '\0') {
      if (c == '\\' && closing == '"') ++i;
      if (c == closing) closing = '\0';
    } else if (c == '<' || c == '"') {
      closing = c == '<' ? '>' : '"';
    } else if (c == separator) {
      break;
    }
  }
  i = std::min(i, rest.size());
  const std::string_view part = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return trimmed(part);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&lower](char x, char y) {
    return lower(x) == lower(y);
  });
}

/// Whether a parameter is `rel` with `relation` among its words.
bool names_relation(std::string_view parameter, std::string_view relation) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return false;
  if (!equal_ignoring_case(trimmed(parameter.substr(0, equals)), "rel")) return false;
  std::string_view words = trimmed(parameter.substr(equals + 1));
  if (words.size() >= 2 && words.front() == '"' && words.back() == '"') {
    words = words.substr(1, words.size() - 2);
  }
  while (!words.empty()) {
    if (equal_ignoring_case(take_part(words, ' '), relation)) return true;
  }
  return false;
}

/// The target of one link if it is of the relation.
std::optional<std::string_view> target_of(std::string_view link, std::string_view relation) {
  const std::string_view target = take_part(link, ';');
  if (target.size() < 2 || target.front() != '<' || target.back() != '>') return std::nullopt;
  while (!link.empty()) {
    if (names_relation(take_part(link, ';'), relation)) {
      return target.substr(1, target.size() - 2);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Url> find_links(const HttpResponse& response,
                            const Url& request_url,
                            std::string_view relation) {
  std::vector<Url> links;
  for (const HttpHeader& header : response.headers) {
    if (header.name != "link") continue;
    std::string_view rest = header.value;
    while (!rest.empty() && links.size() < max_links) {
      const auto target = target_of(take_part(rest, ','), relation);
      if (!target) continue;
      if (std::optional<Url> url = resolve_url(request_url, *target)) {
        links.push_back(*std::move(url));
      }
    }
  }
  return links;
}

}  // namespace acme
