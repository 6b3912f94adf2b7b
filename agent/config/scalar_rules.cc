#include "agent/config/scalar_rules.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace agent {
namespace {

using base::Result;
using base::Unexpected;

Unexpected<std::string> wrong(std::string what) {
  return Unexpected(std::move(what));
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
// `ms` before `m` and `s`: the longest name that fits counts.
constexpr std::array units = {
    Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto unit = std::find_if(
      units.begin(), units.end(), [&](const Unit& u) { return text.ends_with(u.name); });
  if (unit == units.end()) return std::nullopt;
  const auto number = parse_digits(text.substr(0, text.size() - unit->name.size()));
  const auto max = std::numeric_limits<std::int64_t>::max() / unit->milliseconds;
  if (!number || *number > static_cast<std::uint64_t>(max)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*number) * unit->milliseconds);
}

std::string spell(std::chrono::milliseconds duration) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (duration.count() != 0 && duration.count() % unit.milliseconds == 0) best = &unit;
  }
  return std::to_string(duration.count() / best->milliseconds) + std::string(best->name);
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

/// What is wrong with it, or an empty string.
std::string complaint_about_path(std::string_view path) {
  if (!path.starts_with('/')) return "is no absolute path";
  if (std::any_of(path.begin(), path.end(), is_control)) return "contains a control character";
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part == "." || part == "..") return "contains \"" + std::string(part) + "\"";
    if (part.empty()) return "contains an empty part";
  }
  return {};
}

Result<std::string, std::string> parse_path(std::string_view text) {
  if (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  if (std::string complaint = complaint_about_path(text); !complaint.empty()) {
    return wrong(std::move(complaint));
  }
  return std::string(text);
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_plain_for_haproxy(char c) {
  return is_alphanumeric(c) || std::string_view("._-/:@+,=").find(c) != std::string_view::npos;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_proxy_name_character(char c) {
  return is_label_character(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == ':';
}

bool is_url_character(char c) {
  return c > ' ' && c <= '~' && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

/// A choice among words.
template <class T, std::size_t n>
ScalarRule<T> one_of(const std::array<std::pair<std::string_view, T>, n>& words) {
  std::string expected;
  for (std::size_t i = 0; i < n; ++i) {
    expected.append(i == 0 ? "" : i + 1 == n ? " or " : ", ").append(words[i].first);
  }
  return {expected, [words](const YamlNode& node) -> Result<T, std::string> {
            for (const auto& [word, value] : words) {
              if (node.text == word) return value;
            }
            return wrong("is none of them");
          }};
}

}  // namespace

std::string_view to_string(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256: return "ecdsa-p256";
    case KeyType::ecdsa_p384: return "ecdsa-p384";
    case KeyType::rsa_2048: return "rsa-2048";
    case KeyType::rsa_3072: return "rsa-3072";
    case KeyType::rsa_4096: return "rsa-4096";
  }
  return "unknown";
}

KeyAlgorithm algorithm_of(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256:
    case KeyType::ecdsa_p384: return KeyAlgorithm::ecdsa;
    case KeyType::rsa_2048:
    case KeyType::rsa_3072:
    case KeyType::rsa_4096: return KeyAlgorithm::rsa;
  }
  return KeyAlgorithm::unknown;
}

ScalarRule<std::size_t> whole_number(std::size_t min, std::size_t max) {
  return {"a whole number from " + std::to_string(min) + " to " + std::to_string(max),
          [min, max](const YamlNode& node) -> Result<std::size_t, std::string> {
            const auto number = parse_digits(node.text);
            if (!number || node.quoted) return wrong("is no whole number");
            if (*number < min || *number > max) return wrong("is out of range");
            return *number;
          }};
}

ScalarRule<std::chrono::milliseconds> duration(std::chrono::milliseconds min,
                                               std::chrono::milliseconds max) {
  return {"a number with its unit ms, s, m or h, from " + spell(min) + " to " + spell(max),
          [min, max](const YamlNode& node) -> Result<std::chrono::milliseconds, std::string> {
            const auto value = parse_duration(node.text);
            if (!value) return wrong("is no duration");
            if (*value < min || *value > max) return wrong("is out of range");
            return *value;
          }};
}

ScalarRule<bool> boolean() {
  return {"true or false", [](const YamlNode& node) -> Result<bool, std::string> {
            if (node.quoted || (node.text != "true" && node.text != "false")) {
              return wrong("is neither");
            }
            return node.text == "true";
          }};
}

ScalarRule<bool> true_only(std::string expected) {
  return {std::move(expected), [](const YamlNode& node) -> Result<bool, std::string> {
            if (node.text != "true" || node.quoted) return wrong("is not true");
            return true;
          }};
}

ScalarRule<std::string> absolute_path() {
  return {"an absolute path without . or .. in it",
          [](const YamlNode& node) { return parse_path(node.text); }};
}

ScalarRule<std::string> haproxy_path() {
  return {"an absolute path of letters, digits and ._-/:@+,=, which HAProxy takes unquoted",
          [](const YamlNode& node) -> Result<std::string, std::string> {
            if (!std::all_of(node.text.begin(), node.text.end(), is_plain_for_haproxy)) {
              return wrong("contains another character");
            }
            return parse_path(node.text);
          }};
}

ScalarRule<std::string> socket_path() {
  constexpr std::size_t max_length = 107;  // sun_path is 108 bytes, the last one a NUL
  return {"an absolute path of at most 107 bytes",
          [](const YamlNode& node) -> Result<std::string, std::string> {
            if (node.text.size() > max_length) return wrong("is too long for a socket");
            return parse_path(node.text);
          }};
}

ScalarRule<mode_t> file_mode(mode_t allowed, std::string expected) {
  return {std::move(expected), [allowed](const YamlNode& node) -> Result<mode_t, std::string> {
            mode_t mode = 0;
            const char* const end = node.text.data() + node.text.size();
            const auto [stop, ec] = std::from_chars(node.text.data(), end, mode, 8);
            // The leading zero tells 0660 from a decimal number that some tool made of it.
            if (ec != std::errc{} || stop != end || node.text.size() != 4 || node.text[0] != '0') {
              return wrong("is no mode of four octal digits");
            }
            constexpr mode_t owner = 0600;
            if ((mode & ~allowed) != 0) return wrong("gives too much");
            if ((mode & owner) != owner) return wrong("does not let the owner read and write");
            return mode;
          }};
}

ScalarRule<base::Endpoint> endpoint() {
  return {"ADDRESS:PORT with a numeric address, unix@/path or abns@name",
          [](const YamlNode& node) -> Result<base::Endpoint, std::string> {
            auto parsed = base::parse_endpoint(node.text);
            if (!parsed) return wrong("is no address");
            const auto* tcp = std::get_if<base::TcpEndpoint>(&*parsed);
            if (tcp != nullptr && tcp->port == 0) return wrong("has port 0");
            return parsed;
          }};
}

ScalarRule<base::TcpEndpoint> loopback_endpoint() {
  return {
      "a loopback address as 127.0.0.1:8555 or \"[::1]:8555\": tokens are sent in clear there; "
      "give others a TLS bind of HAProxy in front of it",
      [](const YamlNode& node) -> Result<base::TcpEndpoint, std::string> {
        auto parsed = base::parse_endpoint(node.text);
        if (!parsed) return wrong("is no address");
        const auto* tcp = std::get_if<base::TcpEndpoint>(&*parsed);
        if (tcp == nullptr) return wrong("is no TCP address");
        if (tcp->port == 0) return wrong("has port 0");
        if (!tcp->host.starts_with("127.") && tcp->host != "::1") {
          return wrong("is no loopback address");
        }
        return *tcp;
      }};
}

ScalarRule<std::string> label_name() {
  return {"1 to 32 of a-z, 0-9, - and _",
          [](const YamlNode& node) -> Result<std::string, std::string> {
            const std::string& text = node.text;
            if (text.empty() || text.size() > 32 ||
                !std::all_of(text.begin(), text.end(), is_label_character)) {
              return wrong("is no name");
            }
            return text;
          }};
}

ScalarRule<std::string> proxy_name() {
  // HAProxy's configuration manual, §2.3 "names".
  return {"the name of a frontend of HAProxy: letters, digits and -_.:",
          [](const YamlNode& node) -> Result<std::string, std::string> {
            const std::string& text = node.text;
            if (text.empty() || !std::all_of(text.begin(), text.end(), is_proxy_name_character)) {
              return wrong("is no such name");
            }
            return text;
          }};
}

ScalarRule<std::string> non_empty_text(std::string expected) {
  return {std::move(expected), [](const YamlNode& node) -> Result<std::string, std::string> {
            if (node.text.empty()) return wrong("is empty");
            if (std::any_of(node.text.begin(), node.text.end(), is_control)) {
              return wrong("contains a control character");
            }
            return node.text;
          }};
}

ScalarRule<std::string> https_url() {
  return {"an https:// URL", [](const YamlNode& node) -> Result<std::string, std::string> {
            constexpr std::string_view scheme = "https://";
            const std::string_view text = node.text;
            if (text.starts_with("http://")) return wrong("is not encrypted");
            if (!text.starts_with(scheme)) return wrong("is no https URL");
            const std::string_view rest = text.substr(scheme.size());
            const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
            if (host.empty() || host.starts_with(':')) return wrong("has no host");
            if (host.find('@') != std::string_view::npos) return wrong("has a user in it");
            if (!std::all_of(text.begin(), text.end(), is_url_character)) {
              return wrong("contains a character that no URL has");
            }
            return node.text;
          }};
}

ScalarRule<std::string> ip_address() {
  return {"an IPv4 or IPv6 address",
          [](const YamlNode& node) -> base::Result<std::string, std::string> {
            std::array<unsigned char, 16> bytes{};
            std::array<char, INET6_ADDRSTRLEN> text{};
            for (const int family : {AF_INET, AF_INET6}) {
              if (inet_pton(family, node.text.c_str(), bytes.data()) != 1) continue;
              return std::string(inet_ntop(family, bytes.data(), text.data(), text.size()));
            }
            return base::Unexpected(std::string("is no address"));
          }};
}

ScalarRule<std::string> service_url() {
  const ScalarRule<std::string> https = https_url();
  return {"an https:// URL, or http://127.0.0.1 or http://localhost",
          [https](const YamlNode& node) -> base::Result<std::string, std::string> {
            constexpr std::string_view scheme = "http://";
            YamlNode checked = node;
            if (node.text.starts_with(scheme)) {
              const std::string rest = node.text.substr(scheme.size());
              const std::string host = rest.substr(0, rest.find_first_of(":/?"));
              if (host != "127.0.0.1" && host != "localhost") {
                return base::Unexpected(std::string("is not encrypted"));
              }
              checked.text = "https://" + rest;
            }
            const auto valid = https.parse(checked);
            if (!valid) return valid;
            if (node.text.find_first_of("?#") != std::string::npos) {
              return base::Unexpected(std::string("has a query"));
            }
            std::string url = node.text;
            while (url.ends_with('/')) url.pop_back();
            return url;
          }};
}

ScalarRule<base::DomainName> name_pattern() {
  return {"a name as example.org, or *.example.org for all names below it",
          [](const YamlNode& node) -> base::Result<base::DomainName, std::string> {
            const auto name = base::DomainName::parse_name_or_address(node.text);
            if (!name)
              return base::Unexpected<std::string>("is no name: " + name.error().message());
            return *name;
          }};
}

ScalarRule<std::string> mailto_url() {
  return {"mailto:NAME@HOST", [](const YamlNode& node) -> Result<std::string, std::string> {
            constexpr std::string_view scheme = "mailto:";
            const std::string_view text = node.text;
            if (!text.starts_with(scheme)) return wrong("is no mailto: URL");
            const std::string_view address = text.substr(scheme.size());
            const std::size_t at = address.find('@');
            const bool whole = at != 0 && at != std::string_view::npos && at + 1 < address.size();
            if (!whole || !std::all_of(text.begin(), text.end(), is_url_character)) {
              return wrong("is no mail address");
            }
            if (address.find_first_of(",?") != std::string_view::npos) {
              return wrong("is more than one plain address");
            }
            return node.text;
          }};
}

ScalarRule<KeyType> key_type() {
  using Word = std::pair<std::string_view, KeyType>;
  return one_of(std::array{Word{"ecdsa-p256", KeyType::ecdsa_p256},
                           Word{"ecdsa-p384", KeyType::ecdsa_p384},
                           Word{"rsa-2048", KeyType::rsa_2048},
                           Word{"rsa-3072", KeyType::rsa_3072},
                           Word{"rsa-4096", KeyType::rsa_4096}});
}

ScalarRule<KeyType> account_key_type() {
  using Word = std::pair<std::string_view, KeyType>;
  return one_of(std::array{Word{"ecdsa-p256", KeyType::ecdsa_p256}});
}

ScalarRule<base::LogLevel> log_level() {
  using Word = std::pair<std::string_view, base::LogLevel>;
  return one_of(std::array{Word{"debug", base::LogLevel::debug},
                           Word{"info", base::LogLevel::info},
                           Word{"warn", base::LogLevel::warn},
                           Word{"error", base::LogLevel::error}});
}

ScalarRule<LogFormat> log_format() {
  using Word = std::pair<std::string_view, LogFormat>;
  return one_of(std::array{Word{"logfmt", LogFormat::logfmt}, Word{"json", LogFormat::json}});
}

}  // namespace agent
