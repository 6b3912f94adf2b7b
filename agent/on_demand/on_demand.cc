#include "agent/on_demand/on_demand.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/on_demand/name_guard.h"
#include "agent/planner/registered_domain.h"

namespace agent {

base::asio::awaitable<void> OnDemand::run() {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor);
  while (true) {
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(between_looks);
    co_await timer.async_wait(base::into(ignored));
    parts_.answers.take_unknown([this](std::string_view name) { consider(name); });
    for (; asking_ < asked_at_once && !queue_.empty(); queue_.pop_front()) {
      ++asking_;
      base::asio::co_spawn(timer.get_executor(),
                           work(std::move(queue_.front())),
                           base::log_failure(parts_.log, "on demand"));
    }
    figures_.waiting = queue_.size();
  }
}

/// What costs least first: of a flood of names nearly all end here.
void OnDemand::consider(std::string_view text) {
  const auto name = base::DomainName::parse(text);
  if (!name || busy_.contains(name->text())) return;
  const base::MonotonicTime now = parts_.clock.monotonic();
  const KnownPermit* const known = known_.find(name->text(), now);
  if (known != nullptr && known->rest_until > now) return;
  const LookupResult found = parts_.lookup.hostnames().find(name->text(), parts_.clock.wall());
  if (found.cert_state != CertState::none) return;  // added meanwhile
  if (refuse_on_demand(*name, options_.max_labels)) {
    ++figures_.guarded;
    return;
  }
  if (!limit_.has_room(registered_domain(*name), now)) {
    ++figures_.limited;
    return;
  }
  if (queue_.size() >= options_.queue) {
    ++figures_.dropped;
    return;
  }
  busy_.insert(name->text());
  queue_.push_back(*name);
}

base::asio::awaitable<void> OnDemand::work(base::DomainName name) {
  while (true) {
    co_await ask_and_add(name);
    busy_.erase(name.text());
    if (queue_.empty()) break;
    name = std::move(queue_.front());
    queue_.pop_front();
    figures_.waiting = queue_.size();
  }
  --asking_;
}

base::asio::awaitable<void> OnDemand::ask_and_add(const base::DomainName& name) {
  const Permit permit = co_await find_permit(name);
  switch (permit) {
    case Permit::yes: break;
    case Permit::no: know(name, permit, options_.no_ttl, options_.no_ttl); co_return;
    case Permit::later: know(name, permit, options_.retry, options_.retry); co_return;
  }
  if (limit_.take(registered_domain(name), parts_.clock.monotonic())) co_return co_await add(name);
  ++figures_.limited;
  know(name, permit, options_.yes_ttl, options_.retry);
}

/// What is known is not asked again, though nothing has come of it yet.
base::asio::awaitable<Permit> OnDemand::find_permit(const base::DomainName& name) {
  const KnownPermit* const known = known_.find(name.text(), parts_.clock.monotonic());
  if (known != nullptr) co_return known->permit;
  const Permit permit = co_await parts_.permission.ask(name);
  ++figures_.asks[static_cast<std::size_t>(permit)];
  co_return permit;
}

base::asio::awaitable<void> OnDemand::add(const base::DomainName& name) {
  const HostnameWish wish{name};
  auto call = [this, &wish, now = parts_.clock.wall()](Store& store) {
    const Actor actor{Scope::admin, "", "on-demand"};
    return HostnameChanges(store, rules_, actor, now)
        .put(std::span(&wish, 1), OnRefusal::refuse_all);
  };
  const StoreResult<HostnameChange> change = co_await parts_.database.run(std::move(call));
  if (!change) {
    parts_.log.error("hostname not added on demand",
                     {{"name", name.text()}, {"error", change.error().detail}});
    co_return know(name, Permit::yes, options_.yes_ttl, options_.retry);
  }
  if (!change->refused.empty()) {
    ++figures_.refused;
    parts_.log.warn("hostname refused on demand",
                    {{"name", name.text()}, {"reason", change->refused.front().violation.detail}});
    co_return know(name, Permit::no, options_.no_ttl, options_.no_ttl);
  }
  know(name, Permit::yes, options_.yes_ttl, options_.yes_ttl);
  if (change->changed.empty()) co_return;
  ++figures_.added;
  parts_.log.info("hostname added on demand", {{"name", name.text()}});
  listener_.hostnames_added(change->changed);
}

void OnDemand::know(const base::DomainName& name,
                    Permit permit,
                    std::chrono::milliseconds ttl,
                    std::chrono::milliseconds rest) {
  const base::MonotonicTime now = parts_.clock.monotonic();
  // What was asked once is known until then, whatever is tried meanwhile.
  const KnownPermit* const before = known_.find(name.text(), now);
  const base::MonotonicTime until = before != nullptr ? before->until : now + ttl;
  known_.put(name.text(), {permit, until, std::min(until, now + rest)});
}

}  // namespace agent
