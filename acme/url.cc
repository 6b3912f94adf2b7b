#include <algorithm>
#include <array>

#include "acme/types.h"

namespace acme {
namespace {

constexpr std::size_t max_url = 2048;
constexpr std::string_view https = "https://";
constexpr std::string_view http = "http://";

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `prefix` is lower-case.
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char expected, char c) {
           return to_lower(c) == expected;
         });
}

/// Length of `https://` or `http://` at the start, 0 if it is neither.
std::size_t scheme_length(std::string_view text) {
  for (const std::string_view scheme : {https, http}) {
    if (starts_with_ignoring_case(text, scheme)) return scheme.size();
  }
  return 0;
}

bool is_url_character(char c) {
  return c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>' && c != '\\';
}

/// An absolute URL cut in its parts; the views live as long as the text.
struct Parts {
  std::string_view scheme;     ///< `https:`
  std::string_view authority;  ///< `//host:port`
  std::string_view path;       ///< may be empty
  std::string_view query;      ///< with its `?`, may be empty
};

/// REQUIRES: scheme_length(text) > 0.
Parts split(std::string_view text) {
  Parts parts;
  const std::size_t authority = scheme_length(text) - 2;
  const std::size_t path = std::min(text.find_first_of("/?#", authority + 2), text.size());
  const std::size_t query = std::min(text.find_first_of("?#", path), text.size());
  const std::size_t fragment = std::min(text.find('#', query), text.size());
  parts.scheme = text.substr(0, authority);
  parts.authority = text.substr(authority, path - authority);
  parts.path = text.substr(path, query - path);
  parts.query = text.substr(query, fragment - query);
  return parts;
}

/// RFC 3986 §5.2.4, for a path that begins with a slash or is empty.
std::string remove_dot_segments(std::string_view path) {
  std::string output;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment != "/." && segment != "/..") {
      output += segment;
      continue;
    }
    if (segment == "/..") output.erase(std::min(output.rfind('/'), output.size()));
    if (path.empty()) output += '/';
  }
  return output;
}

std::string resolve_path(const Parts& base, std::string_view reference) {
  const std::size_t end = std::min(reference.find_first_of("?#"), reference.size());
  const std::string_view path = reference.substr(0, end);
  const std::string_view query =
      reference.substr(end, std::min(reference.find('#'), reference.size()) - end);
  if (path.empty()) {
    return std::string(base.path) + std::string(query.empty() ? base.query : query);
  }
  if (path.front() == '/') return remove_dot_segments(path) + std::string(query);
  const std::size_t slash = base.path.rfind('/');
  const std::string folder(slash == std::string_view::npos ? "/" : base.path.substr(0, slash + 1));
  return remove_dot_segments(folder + std::string(path)) + std::string(query);
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  if (text.size() > max_url) return std::nullopt;
  const std::size_t scheme = scheme_length(text);
  if (scheme == 0) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_url_character)) return std::nullopt;
  const std::size_t host_end = std::min(text.find_first_of("/?#", scheme), text.size());
  if (host_end == scheme) return std::nullopt;
  return Url(std::string(text));
}

std::optional<Url> resolve_url(const Url& base, std::string_view reference) {
  const Parts parts = split(base.text());
  std::optional<Url> target;
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?#")) {
    target = Url::parse(reference);
  } else if (reference.starts_with("//")) {
    target = Url::parse(std::string(parts.scheme) + std::string(reference));
  } else {
    target = Url::parse(std::string(parts.scheme) + std::string(parts.authority) +
                        resolve_path(parts, reference));
  }
  if (!target) return std::nullopt;
  if (starts_with_ignoring_case(base.text(), https) &&
      !starts_with_ignoring_case(target->text(), https)) {
    return std::nullopt;
  }
  return target;
}

}  // namespace acme
