#include "agent/custom_watch.h"

#include <utility>

namespace agent {

base::asio::awaitable<void> CustomWatch::run() {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor);
  while (true) {
    co_await look();
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(between_looks);
    co_await timer.async_wait(base::into(ignored));
  }
}

base::asio::awaitable<void> CustomWatch::look() {
  bool is_complete = false;
  while (!is_complete) {
    const base::WallTime now = parts_.clock.wall();
    auto tend = [now](Store& store) { return store.tend_custom_certificates(now, most_at_once); };
    const auto tending = co_await parts_.database.run(std::move(tend));
    if (!tending) {
      parts_.log.warn("custom certificates not looked at", {{"error", tending.error().detail}});
      co_return;
    }
    tell(*tending, now);
    is_complete = tending->warned.size() < most_at_once && tending->returned.size() < most_at_once;
  }
}

void CustomWatch::tell(const CustomTending& tending, base::WallTime now) {
  for (const CustomTending::Warned& warned : tending.warned) {
    const auto left = std::chrono::duration_cast<std::chrono::hours>(warned.not_after - now);
    if (warned.not_after <= now) {
      parts_.log.error("custom certificate expired", {{"name", warned.hostname.text()}});
    } else {
      parts_.log.warn("custom certificate expires",
                      {{"name", warned.hostname.text()}, {"hours_left", left.count()}});
    }
  }
  for (const base::DomainName& name : tending.returned) {
    parts_.log.info("custom certificate ends, ordering one", {{"name", name.text()}});
  }
  if (!tending.returned.empty()) listener_.hostnames_changed(tending.returned);
}

}  // namespace agent
