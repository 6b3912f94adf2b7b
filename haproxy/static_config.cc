#include "haproxy/static_config.h"

#include <algorithm>
#include <initializer_list>

#include "haproxy/static_config_text.h"

namespace haproxy {
namespace {

using base::Unexpected;

// HAProxy limits a variable's whole dotted name to 63 bytes, and the longest of ours is
// `txn.<prefix>.https_redirect`.
constexpr std::size_t max_prefix = 63 - std::string_view("txn..https_redirect").size();

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Whether `text` is one word in HAProxy's syntax, with nothing to quote, expand or escape.
bool is_plain_word(std::string_view text) {
  constexpr std::string_view allowed = "._-/:@*[]+,=~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || allowed.find(c) != std::string_view::npos;
  });
}

struct Word {
  std::string_view option;
  std::string_view text;
};

/// An empty string if all is well.
std::string complaint_about(std::initializer_list<Word> words) {
  for (const Word& word : words) {
    if (!is_plain_word(word.text)) {
      return std::string(word.option) + ": \"" + std::string(word.text) +
             "\" cannot stand in HAProxy's configuration; use letters, digits and ._-/:@*[]+,=~";
    }
  }
  return {};
}

std::string complaint_about(std::string_view option, const std::vector<std::string>& words) {
  if (words.empty()) return std::string(option) + ": at least one address is needed";
  for (const std::string& word : words) {
    if (std::string complaint = complaint_about({{option, word}}); !complaint.empty())
      return complaint;
  }
  return {};
}

std::string complaint_about_prefix(const std::string& prefix) {
  const bool good = std::all_of(
      prefix.begin(), prefix.end(), [](char c) { return is_alphanumeric(c) || c == '_'; });
  if (!prefix.empty() && prefix.size() <= max_prefix && good) return {};
  return "variable prefix: \"" + prefix + "\" must be 1 to " + std::to_string(max_prefix) +
         " letters, digits or underscores";
}

std::string complaint_about_path(std::string_view option, const std::string& path) {
  if (!path.starts_with('/')) return std::string(option) + ": \"" + path + "\" is no absolute path";
  return complaint_about({{option, path}});
}

std::vector<std::string> spell(const std::vector<base::Endpoint>& endpoints) {
  std::vector<std::string> words;
  words.reserve(endpoints.size());
  for (const base::Endpoint& endpoint : endpoints) words.push_back(to_string(endpoint));
  return words;
}

/// The first complaint about the options, or an empty string.
std::string complaint_about(const StaticConfigOptions& options) {
  const std::string complaints[] = {
      complaint_about("agent address", spell(options.spop)),
      complaint_about("HTTP address", options.http_binds),
      complaint_about("HTTPS address", options.https_binds),
      complaint_about_path("crt-list path", options.crt_list_path),
      complaint_about_path("SPOE configuration path", options.spoe_config_path),
      complaint_about({{"runtime API address", to_string(options.runtime_api)},
                       {"application address", options.application}}),
      options.foreign_tokens.empty()
          ? std::string()
          : complaint_about({{"foreign tokens' address", options.foreign_tokens}}),
      options.tls_alpn
          ? complaint_about({{"tls-alpn-01 responder's address", to_string(*options.tls_alpn)}})
          : std::string(),
      complaint_about_prefix(options.var_prefix),
      options.https_port == 0 ? "HTTPS port: 0 is no port" : "",
  };
  const auto* first = std::find_if(
      std::begin(complaints), std::end(complaints), [](const auto& text) { return !text.empty(); });
  return first == std::end(complaints) ? std::string() : *first;
}

}  // namespace

std::string_view to_string(ConfigVersion version) {
  switch (version) {
    case ConfigVersion::v2_6: return "2.6";
    case ConfigVersion::v3_4: return "3.4";
  }
  return {};
}

std::optional<ConfigVersion> parse_config_version(std::string_view text) {
  for (const ConfigVersion version : {ConfigVersion::v2_6, ConfigVersion::v3_4}) {
    if (text == to_string(version)) return version;
  }
  return std::nullopt;
}

std::string_view to_string(Placement place) {
  switch (place) {
    case Placement::frontend: return "frontend";
    case Placement::backend: return "backend";
  }
  return {};
}

std::optional<Placement> parse_placement(std::string_view text) {
  for (const Placement place : {Placement::frontend, Placement::backend}) {
    if (text == to_string(place)) return place;
  }
  return std::nullopt;
}

base::Result<StaticConfig, std::string> render_static_config(const StaticConfigOptions& options) {
  if (std::string complaint = complaint_about(options); !complaint.empty())
    return Unexpected(std::move(complaint));
  return StaticConfig{haproxy_cfg_text(options), spoe_conf_text(options)};
}

}  // namespace haproxy
