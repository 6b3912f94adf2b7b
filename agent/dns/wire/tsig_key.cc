#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/dns/wire/tsig.h"
#include "base/encoding.h"

namespace dns {
namespace {

using Parsed = base::Result<TsigKey, std::string>;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// RFC 4648 §4 with padding, as key files have it.
std::optional<Bytes> decode_base64(std::string text) {
  const std::size_t size = text.size();
  while (!text.empty() && text.back() == '=' && size - text.size() < 2) text.pop_back();
  if (size % 4 != 0 || text.find_first_of("-_") != std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return base::decode_base64url(text);
}

/// The words of BIND's configuration: quoted texts without their quotes, `{`, `}` and `;` alone,
/// comments left out. An unfinished quote or comment ends with the text.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    std::size_t used = 1;
    if (is_blank(text.front())) {
      // nothing
    } else if (text.starts_with("//") || text.front() == '#') {
      used = std::min(text.find('\n'), text.size());
    } else if (text.starts_with("/*")) {
      used = std::min(text.find("*/", 2), text.size() - 2) + 2;
    } else if (text.front() == '"') {
      const std::size_t end = std::min(text.find('"', 1), text.size());
      words.emplace_back(text.substr(1, end - 1));
      used = std::min(end + 1, text.size());
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n{};\""), text.size());
      used = std::max<std::size_t>(end, 1);
      words.emplace_back(text.substr(0, used));
    }
    text.remove_prefix(used);
  }
  return words;
}

Parsed make_key(std::string_view name, std::string_view algorithm, std::string_view secret) {
  auto parsed = Name::parse(name);
  if (!parsed) return base::Unexpected("the key's name: " + parsed.error());
  const auto known = parse_tsig_algorithm(algorithm);
  if (!known) {
    return base::Unexpected("the algorithm '" + std::string(algorithm.substr(0, 40)) +
                            "' is not known; expected hmac-sha256, hmac-sha384 or hmac-sha512");
  }
  std::optional<Bytes> bytes = decode_base64(std::string(secret));
  if (!bytes || bytes->empty()) {
    return base::Unexpected(std::string("the secret is no base64"));
  }
  return TsigKey{*std::move(parsed), *known, *std::move(bytes)};
}

/// `key NAME { algorithm A ; secret S ; }`, in either order, and what follows is not read.
Parsed parse_statement(const std::vector<std::string>& words) {
  const std::string expected =
      "expected: key \"name\" { algorithm hmac-sha256; secret \"base64\"; };";
  if (words.size() < 9 || words[2] != "{") return base::Unexpected(expected);
  std::string algorithm;
  std::string secret;
  std::size_t at = 3;
  for (; at + 2 < words.size() && words[at] != "}"; at += 3) {
    if (words[at + 2] != ";") return base::Unexpected(expected);
    if (words[at] == "algorithm") {
      algorithm = words[at + 1];
    } else if (words[at] == "secret") {
      secret = words[at + 1];
    } else {
      return base::Unexpected(expected);
    }
  }
  if (at >= words.size() || words[at] != "}" || algorithm.empty() || secret.empty()) {
    return base::Unexpected(expected);
  }
  return make_key(words[1], algorithm, secret);
}

Parsed parse_line(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) {
    return base::Unexpected(
        std::string("is neither `key \"name\" { algorithm …; secret \"…\"; };` nor "
                    "`algorithm:name:base64`"));
  }
  return make_key(
      text.substr(first + 1, second - first - 1), text.substr(0, first), text.substr(second + 1));
}

}  // namespace

std::string_view to_string(TsigAlgorithm algorithm) {
  switch (algorithm) {
    case TsigAlgorithm::hmac_sha256: return "hmac-sha256";
    case TsigAlgorithm::hmac_sha384: return "hmac-sha384";
    case TsigAlgorithm::hmac_sha512: return "hmac-sha512";
  }
  return "unknown";
}

std::optional<TsigAlgorithm> parse_tsig_algorithm(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (folded.ends_with('.')) folded.pop_back();
  for (const TsigAlgorithm algorithm :
       {TsigAlgorithm::hmac_sha256, TsigAlgorithm::hmac_sha384, TsigAlgorithm::hmac_sha512}) {
    if (folded == to_string(algorithm)) return algorithm;
  }
  return std::nullopt;
}

Parsed parse_tsig_key(std::string_view text) {
  const std::vector<std::string> words = split_words(text);
  if (!words.empty() && words.front() == "key") return parse_statement(words);
  return parse_line(text);
}

}  // namespace dns
