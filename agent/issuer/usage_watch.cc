#include "agent/issuer/usage_watch.h"

#include <memory>
#include <optional>
#include <utility>

#include "agent/dns/address_check.h"

namespace agent {
namespace {

/// Looks that are under way together.
struct Batch {
  Batch(const base::asio::any_io_executor& executor, std::size_t count)
      : leads(count), left(count), done(executor, base::asio::steady_timer::time_point::max()) {}
  std::vector<Lead> leads;
  std::size_t left;
  base::asio::steady_timer done;  // cancelled by the last one
};

base::asio::awaitable<void> keep_lead(std::shared_ptr<Batch> batch,
                                      std::size_t index,
                                      base::asio::awaitable<Lead> look) {
  batch->leads[index] = co_await std::move(look);
  if (--batch->left == 0) batch->done.cancel();
}

}  // namespace

base::asio::awaitable<void> UsageWatch::run() {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor);
  while (true) {
    const std::optional<std::size_t> due = co_await look_at_due();
    const bool is_more_due = due && *due == at_once;
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(is_more_due ? between_looks : longest_sleep);
    co_await timer.async_wait(base::into(ignored));
  }
}

base::asio::awaitable<std::optional<std::size_t>> UsageWatch::look_at_due() {
  auto find = [now = parts_.clock.wall()](Store& store) {
    return store.due_usage_looks(now, at_once);
  };
  StoreResult<std::vector<HostnameUsage>> due = co_await parts_.database.run(std::move(find));
  if (!due) {
    parts_.log.error("hostnames to look at not read", {{"error", due.error().detail}});
    co_return std::nullopt;
  }
  if (due->empty()) co_return std::size_t{0};
  const std::vector<UsageLook> looks = co_await look_at(*due);
  auto save = [&looks, now = parts_.clock.wall()](Store& store) {
    return store.save_usage_looks(looks, now);
  };
  const StoreResult<void> saved = co_await parts_.database.run(std::move(save));
  if (!saved) {
    parts_.log.error("looks at hostnames not stored", {{"error", saved.error().detail}});
    co_return std::nullopt;
  }
  for (std::size_t i = 0; i < looks.size(); ++i) tell((*due)[i], looks[i]);
  co_return due->size();
}

base::asio::awaitable<std::vector<UsageLook>> UsageWatch::look_at(std::vector<HostnameUsage> due) {
  const auto executor = co_await base::asio::this_coro::executor;
  const auto batch = std::make_shared<Batch>(executor, due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (due[i].traffic > 0 || due[i].name.is_address()) {
      batch->leads[i].where = Lead::Where::to_us;
      --batch->left;
      continue;
    }
    base::asio::co_spawn(executor,
                         keep_lead(batch, i, find_lead(due[i].name)),
                         base::log_failure(parts_.log, "look at a hostname"));
  }
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (batch->left > 0) co_await batch->done.async_wait(base::into(ignored));
  const base::WallTime now = parts_.clock.wall();
  std::vector<UsageLook> looks;
  for (std::size_t i = 0; i < due.size(); ++i) {
    looks.push_back(
        judge_usage(due[i], batch->leads[i], options_.after, now, parts_.random.unit()));
  }
  co_return looks;
}

base::asio::awaitable<Lead> UsageWatch::find_lead(base::DomainName name) {
  const dns::Name asked(name);
  AddressCheck check = co_await check_addresses(parts_.resolver, asked, options_.addresses);
  switch (check.finding) {
    case AddressCheck::Finding::ours:
    case AddressCheck::Finding::partly: co_return Lead{Lead::Where::to_us};
    case AddressCheck::Finding::foreign:
    case AddressCheck::Finding::none:
      co_return Lead{Lead::Where::elsewhere, std::move(check.detail)};
    case AddressCheck::Finding::unknown: break;
  }
  co_return Lead{};
}

void UsageWatch::tell(const HostnameUsage& before, const UsageLook& look) {
  if (before.unused_since.has_value() == look.unused_since.has_value()) return;
  if (look.unused_since) {
    parts_.log.info("hostname unused, not renewed any more",
                    {{"name", look.name.text()}, {"reason", look.absence}});
    return;
  }
  parts_.log.info("hostname used again", {{"name", look.name.text()}});
  listener_.hostnames_used_again();
}

}  // namespace agent
