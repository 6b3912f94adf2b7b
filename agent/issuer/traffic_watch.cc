#include "agent/issuer/traffic_watch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/lookup/normalise.h"

namespace agent {
namespace {

/// Between two of them others get at the database.
constexpr std::size_t most_at_once = 1'000;

/// What has no certificate has nothing to renew either. REQUIRES: `name` is normalised, or the part
/// of a wildcard behind its star, which is how HostnameIndex keeps it.
bool has_certificate(const HostnameIndex& hostnames, std::string_view name, base::WallTime now) {
  const auto own = hostnames.find_own(hostnames.hash(name), now);
  return own && own->cert_state != CertState::none;
}

}  // namespace

base::asio::awaitable<void> TrafficWatch::run() {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor);
  co_await restore();
  base::MonotonicTime next_save = parts_.clock.monotonic() + first_save;
  while (true) {
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(between_looks);
    co_await timer.async_wait(base::into(ignored));
    take_samples();
    if (parts_.clock.monotonic() < next_save) continue;
    next_save = parts_.clock.monotonic() + between_saves;
    co_await save();
  }
}

/// Without it levels of an earlier run would never sink.
base::asio::awaitable<void> TrafficWatch::restore() {
  auto read = [](Store& store) { return store.traffic(most_hostnames); };
  const auto traffic = co_await parts_.database.run(std::move(read));
  if (traffic) {
    meter_.restore(*traffic);
  } else {
    parts_.log.warn("traffic not read", {{"error", traffic.error().detail}});
  }
}

void TrafficWatch::take_samples() {
  parts_.answers.take_samples([this](std::string_view host) { count(host); });
}

/// For the hostname itself, or the wildcard that covers it; what is not ours is not counted.
void TrafficWatch::count(std::string_view host) {
  HostnameBuffer buffer;
  const auto name = normalise(host, buffer);
  if (!name) return;
  const HostnameIndex& hostnames = parts_.lookup.hostnames();
  const base::WallTime now = parts_.clock.wall();
  if (has_certificate(hostnames, *name, now)) return meter_.count(*name);
  const std::size_t dot = name->find('.');
  if (dot == std::string_view::npos) return;
  const std::string_view suffix = name->substr(dot);
  if (has_certificate(hostnames, suffix, now)) meter_.count(std::string("*").append(suffix));
}

base::asio::awaitable<void> TrafficWatch::save() {
  const std::vector<HostnameTraffic> changes = meter_.take_changes();
  for (std::size_t begin = 0; begin < changes.size(); begin += most_at_once) {
    const auto first = changes.begin() + static_cast<std::ptrdiff_t>(begin);
    const std::size_t count = std::min(most_at_once, changes.size() - begin);
    auto save = [batch = std::vector(first, first + static_cast<std::ptrdiff_t>(count))](
                    Store& store) { return store.save_traffic(batch); };
    const StoreResult<void> saved = co_await parts_.database.run(std::move(save));
    if (!saved) parts_.log.warn("traffic not stored", {{"error", saved.error().detail}});
  }
}

}  // namespace agent
