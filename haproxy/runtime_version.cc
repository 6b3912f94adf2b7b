#include "haproxy/runtime_version.h"

#include <charconv>

namespace haproxy {
namespace {

/// Takes a number off the front.
std::optional<unsigned> take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  const auto major = take_number(text);
  if (!major || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  Version version{*major, *minor, 0};
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto patch = take_number(text);
    if (!patch) return std::nullopt;
    version.patch = *patch;
  }
  const bool ends = text.empty() || text.front() == '-' || text.front() == '+';
  return ends ? std::optional(version) : std::nullopt;
}

std::string to_string(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

Features features_of(const Version& version) {
  const Version v2_8{2, 8, 0};
  const Version v3_1{3, 1, 0};
  const Version v3_2{3, 2, 0};
  const Version v3_4{3, 4, 0};
  return {.own_payload_limit = version >= v3_4,
          .show_ssl_sni = version >= v3_2,
          .dump_ssl_cert = version >= v3_1,
          .ocsp_update = version >= v2_8,
          .misdirects_set = version < v3_1,
          .jams_when_locked = version >= v3_4};
}

}  // namespace haproxy
