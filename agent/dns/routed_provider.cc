#include "agent/dns/routed_provider.h"

#include <utility>

#include "agent/dns/lookups.h"

namespace agent {

base::asio::awaitable<DnsProvider::Outcome> RoutedProvider::add(TxtRecord record) {
  auto way = co_await find_way(record.fqdn);
  if (!way) co_return base::Unexpected(std::move(way).error());
  const std::pair key(record.fqdn, record.value);
  added_.insert_or_assign(key, *way);
  record.fqdn = way->fqdn;
  co_return co_await way->provider->add(std::move(record));
}

base::asio::awaitable<DnsProvider::Outcome> RoutedProvider::remove(TxtRecord record) {
  Way way;
  if (const auto known = added_.extract(std::pair(record.fqdn, record.value)); known) {
    way = known.mapped();
  } else {
    auto found = co_await find_way(record.fqdn);
    if (!found) co_return base::Unexpected(std::move(found).error());
    way = *std::move(found);
  }
  record.fqdn = way.fqdn;
  co_return co_await way.provider->remove(std::move(record));
}

base::asio::awaitable<base::Result<dns::Name, DnsError>> RoutedProvider::destination(
    dns::Name fqdn) {
  if (delegation_ == Delegation::followed) co_return co_await canonical_name(resolver_, fqdn);
  co_return fqdn;
}

const DnsRoute* RoutedProvider::route_for(const dns::Name& fqdn) const {
  const DnsRoute* best = nullptr;
  std::size_t best_labels = 0;
  for (const DnsRoute& route : routes_) {
    if (route.zones.empty() && best == nullptr) best = &route;
    for (const dns::Name& zone : route.zones) {
      if (!fqdn.is_within(zone) || (best_labels > 0 && zone.labels() <= best_labels)) continue;
      best = &route;
      best_labels = zone.labels();
    }
  }
  return best;
}

base::asio::awaitable<base::Result<RoutedProvider::Way, DnsError>> RoutedProvider::find_way(
    dns::Name fqdn) {
  const DnsRoute* route = route_for(fqdn);
  if (route != nullptr && route->aliases == DnsRoute::Aliases::its_own) {
    co_return Way{route->provider, fqdn};
  }
  const auto target = co_await destination(fqdn);
  if (!target) co_return base::Unexpected(target.error());
  route = route_for(*target);
  if (route != nullptr && route->aliases == DnsRoute::Aliases::followed) {
    co_return Way{route->provider, *target};
  }
  std::string text = "no DNS provider is configured for " + target->text();
  if (*target != fqdn) text += ", where the CNAME of " + fqdn.text() + " ends";
  co_return base::Unexpected(DnsError{DnsErrc::configuration, std::move(text)});
}

}  // namespace agent
