#include "agent/config/read_on_demand.h"

#include "agent/config/limit_rules.h"
#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

ScalarRule<RateLimit> additions() {
  const ScalarRule<std::optional<RateLimit>> any = rate_limit();
  return {"a number and a time as \"20 / 1h\"",
          [any](const YamlNode& node) -> base::Result<RateLimit, std::string> {
            const auto limit = any.parse(node);
            if (!limit || !*limit) return base::Unexpected<std::string>("is no limit");
            return **limit;
          }};
}

}  // namespace

void read_on_demand(MapReader& map, OnDemandConfig& on_demand) {
  map.read("ask", on_demand.ask, service_url());
  map.read("zones", on_demand.zones, boolean());
  map.read_list("allow", on_demand.allow, name_pattern(), 1);
  map.read("ca_file", on_demand.ca_file, absolute_path());
  map.read("timeout", on_demand.timeout, duration(100ms, 1min));
  map.read("limit", on_demand.limit, additions());
  map.read("queue", on_demand.queue, whole_number(1, 100'000));
  map.read("max_labels", on_demand.max_labels, whole_number(2, 10));
  map.read("yes_ttl", on_demand.yes_ttl, duration(1s, 24h * 30));
  map.read("no_ttl", on_demand.no_ttl, duration(1s, 24h * 30));
  map.read("retry", on_demand.retry, duration(1s, 24h));
}

/// Whoever says yes decides what is ordered: there is one.
void check_on_demand(const Config& config, MapReader& map) {
  if (!config.on_demand) return;
  const OnDemandConfig& on_demand = *config.on_demand;
  const int sources = (on_demand.ask.empty() ? 0 : 1) + (on_demand.zones ? 1 : 0) +
                      (on_demand.allow.empty() ? 0 : 1);
  if (sources == 1) return;
  map.refuse("on_demand",
             std::string(sources == 0 ? "has nobody who says yes" : "has several who say yes") +
                 "; expected exactly one of ask, zones: true and allow");
}

void read_unused(MapReader& map, UnusedConfig& unused) {
  map.read("after_days", unused.after_days, whole_number(0, 3'650));
  map.read_list("addresses", unused.addresses, ip_address(), 1);
}

}  // namespace agent
