#include "agent/config/limit_rules.h"

#include <chrono>
#include <optional>
#include <string>

#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

template <class T>
using Optional = std::optional<T>;

YamlNode scalar(std::string text) {
  return {.kind = YamlNode::Kind::scalar, .text = std::move(text)};
}

/// `97%`.
ScalarRule<double> percentage(std::size_t min, std::size_t max) {
  const auto number = whole_number(min, max);
  return {"a part as 97%, from " + std::to_string(min) + "% to " + std::to_string(max) + "%",
          [number](const YamlNode& node) -> base::Result<double, std::string> {
            if (!node.text.ends_with('%')) return base::Unexpected<std::string>("is no percentage");
            const auto value = number.parse(scalar(node.text.substr(0, node.text.size() - 1)));
            if (!value) return base::Unexpected(value.error());
            return static_cast<double>(*value) / 100;
          }};
}

ScalarRule<LimitPreset> limit_preset() {
  return {"letsencrypt, letsencrypt-staging or none",
          [](const YamlNode& node) -> base::Result<LimitPreset, std::string> {
            const std::optional<LimitPreset> preset = parse_limit_preset(node.text);
            if (!preset) return base::Unexpected<std::string>("is no preset");
            return *preset;
          }};
}

ScalarRule<ExemptRenewals> exempt_renewals() {
  return {"none, advised or advised-or-same-set",
          [](const YamlNode& node) -> base::Result<ExemptRenewals, std::string> {
            if (node.text == "none") return ExemptRenewals::none;
            if (node.text == "advised") return ExemptRenewals::advised;
            if (node.text == "advised-or-same-set") return ExemptRenewals::advised_or_same_set;
            return base::Unexpected<std::string>("is no rule");
          }};
}

void read_rate(MapReader& map, std::string_view key, Optional<RateLimit>& limit) {
  map.read<Optional<RateLimit>>(key, limit, rate_limit(), MapReader::Presence::optional);
}

void read_requests(MapReader& map, const char* key, Optional<RequestLimit>& limit) {
  map.read_map(key, [&limit](MapReader& section) {
    const auto number = whole_number(1, 1'000'000);
    std::size_t per_second = 1;
    section.read("per_second", per_second, number, MapReader::Presence::required);
    std::size_t burst = per_second;
    section.read("burst", burst, number);
    limit = RequestLimit{static_cast<std::uint32_t>(per_second), static_cast<std::uint32_t>(burst)};
  });
}

}  // namespace

ScalarRule<Optional<RateLimit>> rate_limit() {
  return {"a number and a time as \"300 / 3h\", or none",
          [](const YamlNode& node) -> base::Result<Optional<RateLimit>, std::string> {
            if (node.text == "none") return Optional<RateLimit>();
            const base::Unexpected<std::string> wrong("is no limit");
            const std::size_t slash = node.text.find('/');
            if (slash == std::string::npos) return wrong;
            const std::string count = node.text.substr(0, slash);
            const std::string period = node.text.substr(slash + 1);
            const std::size_t end = count.find_last_not_of(' ');
            const std::size_t begin = period.find_first_not_of(' ');
            if (end == std::string::npos || begin == std::string::npos) return wrong;
            const auto number =
                whole_number(1, 1'000'000'000).parse(scalar(count.substr(0, end + 1)));
            const auto time = duration(1s, 24h * 366).parse(scalar(period.substr(begin)));
            if (!number || !time) return wrong;
            return Optional<RateLimit>(RateLimit{static_cast<std::uint32_t>(*number), *time});
          }};
}

void read_limits(MapReader& map, std::string_view profile, AuthorityLimits& limits) {
  std::optional<LimitPreset> preset;
  map.read("preset", preset, limit_preset());
  if (preset) limits = limits_of(*preset, profile);
  read_rate(map, "new_orders", limits.new_orders);
  read_rate(map, "certificates_per_domain", limits.certificates_per_domain);
  read_rate(map, "certificates_per_set", limits.certificates_per_set);
  read_rate(map, "failed_authorizations", limits.failed_authorizations);
  map.read_map("requests", [&limits](MapReader& requests) {
    read_requests(requests, "new_nonce", limits.requests.new_nonce);
    read_requests(requests, "new_account", limits.requests.new_account);
    read_requests(requests, "new_order", limits.requests.new_order);
    read_requests(requests, "revoke", limits.requests.revoke);
    read_requests(requests, "renewal_info", limits.requests.renewal_info);
    read_requests(requests, "directory", limits.requests.directory);
    read_requests(requests, "other", limits.requests.other);
  });
  map.read("exempt_renewals", limits.exempt_renewals, exempt_renewals());
  map.read("names_per_certificate", limits.names_per_certificate, whole_number(1, 100));
  map.read("use", limits.use, percentage(10, 100));
  map.read("renewal_reserve", limits.renewal_reserve, percentage(0, 90));
}

}  // namespace agent
