#include "agent/issuer/issuer.h"

#include <algorithm>
#include <utility>

#include "acme/retry_advice.h"
#include "agent/planner/retry_time.h"

namespace agent {
namespace {

constexpr std::chrono::seconds store_retry{5};
/// The longest sleep: a wall clock that was set is noticed after this.
constexpr std::chrono::seconds longest_sleep{30};
/// Between two looks at the store when nothing wakes us.
constexpr std::chrono::milliseconds shortest_sleep{200};

StoreResult<std::vector<OrderRecord>> carry_out(Store& store,
                                                const Plan& plan,
                                                base::WallTime now) {
  if (!plan.postponed.empty()) {
    const StoreResult<void> postponed = store.postpone(plan.postponed);
    if (!postponed) return base::Unexpected(postponed.error());
  }
  return store.create_orders(plan.orders, now);
}

/// Whether an order that stops for this reason says something about all others too.
bool concerns_everyone(const acme::Advice& advice) {
  return advice.scope == acme::RetryScope::account || advice.scope == acme::RetryScope::authority;
}

std::string_view name_of(ClockJump jump) {
  switch (jump) {
    case ClockJump::none: return "none";
    case ClockJump::forth: return "forth";
    case ClockJump::back: return "back";
  }
  return "none";
}

std::string names_of(const OrderRecord& order) {
  std::string text = order.names.front().text();
  if (order.names.size() > 1) text += " and " + std::to_string(order.names.size() - 1) + " more";
  return text;
}

}  // namespace

Issuer::Issuer(OrderRunner::Parts parts,
               acme::HttpClient& http,
               IssuerOptions options,
               IssuerListener& listener)
    : parts_(parts),
      http_(http),
      options_(std::move(options)),
      listener_(listener),
      clock_watch_(parts.clock) {}

void Issuer::wake() {
  wake_orders();
  if (poller_) poller_->wake();
}

void Issuer::wake_orders() {
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

void Issuer::renewal_checked(std::optional<acme::Errc> failure) {
  listener_.renewal_checked(failure);
}

void Issuer::renewals_moved() {
  wake_orders();
}

void Issuer::set_orders_in_flight(std::size_t limit) {
  options_.orders_in_flight = limit;
  wake();
}

Issuer::Status Issuer::status() const {
  const base::MonotonicTime now = parts_.clock.monotonic();
  Status status{running_, suspended_.size(), {}};
  if (now < trouble_.until) status.trouble = trouble_.reason;
  if (now < wait_.until) status.trouble = wait_.reason;
  return status;
}

bool Issuer::is_paused() const {
  return parts_.clock.monotonic() < std::max(trouble_.until, wait_.until);
}

void Issuer::pause(Pause& pause, base::WallTime::duration time, std::string reason) {
  const base::MonotonicTime until = parts_.clock.monotonic() + time;
  if (until > pause.until) pause = {until, std::move(reason)};
}

Issuer::Pause& Issuer::pause_for(const acme::Advice& advice) {
  return advice.action == acme::RetryAction::wait ? wait_ : trouble_;
}

base::WallTime::duration Issuer::time_until(base::MonotonicTime time) const {
  return std::chrono::ceil<base::WallTime::duration>(time - parts_.clock.monotonic());
}

base::asio::awaitable<void> Issuer::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  co_await open_account_until_it_works();
  co_await load_open_orders();
  start_poller();
  while (true) {
    woken_ = false;
    co_await watch_clock();
    resume_suspended();
    co_await start_due();
    co_await sleep_until_due();
  }
}

/// No new orders until the store may have healed.
void Issuer::note_trouble(std::string_view step, const StoreError& error) {
  parts_.log.error("store in trouble, issuance waits", {{"step", step}, {"error", error.detail}});
  pause(trouble_, store_retry, "the store: " + error.detail);
}

base::asio::awaitable<void> Issuer::wait_for_store(std::string step, StoreError error) {
  note_trouble(step, error);
  boost::system::error_code ignored;  // a wake-up tries at once
  alarm_->expires_after(store_retry);
  co_await alarm_->async_wait(base::into(ignored));
}

base::asio::awaitable<void> Issuer::open_account_until_it_works() {
  while (!client_) {
    auto opened = co_await open_account(
        parts_.database, parts_.pool, http_, parts_.clock, parts_.log, options_.account);
    if (opened) {
      client_ = std::move(*opened);
    } else {
      co_await wait_for_store("open the account", opened.error());
    }
  }
  runner_.emplace(parts_, *client_, options_.wish);
}

base::asio::awaitable<void> Issuer::load_open_orders() {
  auto load = [](Store& store) { return store.open_orders(); };
  StoreResult<std::vector<OrderRecord>> open = co_await parts_.database.run(load);
  while (!open) {
    co_await wait_for_store("load the open orders", open.error());
    open = co_await parts_.database.run(load);
  }
  if (!open->empty()) parts_.log.info("going on with open orders", {{"orders", open->size()}});
  trouble_ = {};
  const base::MonotonicTime now = parts_.clock.monotonic();
  for (OrderRecord& order : *open) suspended_.emplace(now, std::move(order));
}

/// Beside the orders, which never wait for it.
void Issuer::start_poller() {
  RenewalListener& listener = *this;
  const RenewalPoller::Parts parts{parts_.database, parts_.clock, parts_.random, parts_.log};
  poller_.emplace(parts, *client_, options_.account.authority, listener);
  base::asio::co_spawn(
      alarm_->get_executor(), poller_->run(), base::log_failure(parts_.log, "renewal poller"));
}

base::asio::awaitable<void> Issuer::watch_clock() {
  const ClockJump jump = clock_watch_.observe();
  if (jump == ClockJump::none && rescued_) co_return;
  if (jump != ClockJump::none) parts_.log.warn("the clock was set", {{"direction", name_of(jump)}});
  if (jump == ClockJump::forth) co_return;
  auto rescue = [now = parts_.clock.wall()](Store& store) {
    return store.rescue_attempts(now, longest_wait, rescue_spread);
  };
  const auto rescued = co_await parts_.database.run(std::move(rescue));
  rescued_ = rescued.has_value();
  if (!rescued) note_trouble("rescue attempts", rescued.error());
}

void Issuer::resume_suspended() {
  const base::MonotonicTime now = parts_.clock.monotonic();
  while (has_slot() && !suspended_.empty() && suspended_.begin()->first <= now) {
    start(std::move(suspended_.extract(suspended_.begin()).mapped()));
  }
}

Policy Issuer::current_policy() const {
  const acme::Directory* directory = client_->directory();
  const bool has_renewal_info = directory != nullptr && directory->renewal_info;
  return {.authority = options_.account.authority,
          .account = has_renewal_info ? client_->thumbprint().value() : std::string(),
          .renewals_held_until = clock_watch_.held_until()};
}

base::asio::awaitable<void> Issuer::start_due() {
  held_until_.reset();
  while (has_slot() && !is_paused()) {
    const base::WallTime now = parts_.clock.wall();
    auto find = [now, limit = options_.orders_in_flight - running_](Store& store) {
      return store.due_hostnames(now, limit);
    };
    const auto due = co_await parts_.database.run(std::move(find));
    if (!due) co_return note_trouble("find what is due", due.error());
    if (due->empty()) co_return;
    const Policy policy = current_policy();
    const Plan plan = plan_orders(*due, policy, Budgets(policy.authority), now);
    auto create = [&plan, now](Store& store) { return carry_out(store, plan, now); };
    auto orders = co_await parts_.database.run(std::move(create));
    if (!orders) co_return note_trouble("create orders", orders.error());
    for (OrderRecord& order : *orders) start(std::move(order));
    held_until_ = plan.wake_up;
    // What is held, or could not be ordered, stays due: asking again would bring it again.
    if (plan.wake_up || (orders->empty() && plan.postponed.empty())) co_return;
  }
}

base::asio::awaitable<void> Issuer::sleep_until_due() {
  base::WallTime::duration time = longest_sleep;
  if (has_slot() && !suspended_.empty()) time = time_until(suspended_.begin()->first);
  if (is_paused()) {
    time = std::min(time, time_until(std::max(trouble_.until, wait_.until)));
  } else if (held_until_) {
    time = std::min(time, *held_until_ - parts_.clock.wall());
  } else if (has_slot()) {
    auto ask = [](Store& store) { return store.next_due(); };
    const auto next = co_await parts_.database.run(ask);
    if (!next) note_trouble("find what is due next", next.error());
    if (!next) time = std::min<base::WallTime::duration>(time, store_retry);
    if (next && *next) time = std::min(time, **next - parts_.clock.wall());
  }
  if (woken_) co_return;              // while the store was asked
  boost::system::error_code ignored;  // cancelled by wake()
  alarm_->expires_after(std::clamp<base::WallTime::duration>(time, shortest_sleep, longest_sleep));
  co_await alarm_->async_wait(base::into(ignored));
}

void Issuer::start(OrderRecord order) {
  ++running_;
  base::asio::co_spawn(
      alarm_->get_executor(), run_order(std::move(order)), base::log_failure(parts_.log, "order"));
}

base::asio::awaitable<void> Issuer::run_order(OrderRecord order) {
  const base::MonotonicTime started = parts_.clock.monotonic();
  OrderEnd end = co_await runner_->run(order);
  if (auto* issued = std::get_if<OrderIssued>(&end)) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.monotonic() - started);
    parts_.log.info("certificate issued",
                    {{"name", names_of(order)},
                     {"serial", issued->certificate.serial},
                     {"took_ms", took.count()}});
    trouble_ = {};  // whatever it was, it is over
    listener_.certificate_issued(issued->certificate, took);
  } else if (auto* failed = std::get_if<OrderFailed>(&end)) {
    co_await conclude_failed(std::move(*failed));
  } else if (auto* suspended = std::get_if<OrderSuspended>(&end)) {
    conclude_suspended(std::move(*suspended));
  }
  --running_;
  wake();
}

base::asio::awaitable<void> Issuer::conclude_failed(OrderFailed failed) {
  const acme::Error& error = failed.error;
  const acme::Advice advice = acme::retry_advice(error);
  const base::WallTime now = parts_.clock.wall();
  const bool parked = advice.action == acme::RetryAction::park;
  std::optional<std::chrono::seconds> delay;
  if (error.retry_after || parked) delay = advice.delay;
  OrderFailure failure{acme::describe(error), {}, parked};
  failure.next_attempt =
      next_attempt_after_failure(failed.order.failures + 1, delay, now, parts_.random.unit());
  if (concerns_everyone(advice)) pause(pause_for(advice), advice.delay, failure.error);
  parts_.log.warn("order failed",
                  {{"name", names_of(failed.order)},
                   {"action", acme::name_of(advice.action)},
                   {"error", failure.error}});
  listener_.order_failed(error);
  auto fail = [&failure, now, id = failed.order.id](Store& store) {
    return store.fail_order(id, failure, now);
  };
  const StoreResult<void> stored = co_await parts_.database.run(std::move(fail));
  if (stored || stored.error().code == StoreErrc::gone) co_return;
  parts_.log.error("failed order not closed", {{"error", stored.error().detail}});
  // It will fail the same way again.
  suspended_.emplace(parts_.clock.monotonic() + store_retry, std::move(failed.order));
}

void Issuer::conclude_suspended(OrderSuspended suspended) {
  const acme::Advice advice = acme::retry_advice(suspended.reason);
  const std::string reason = acme::describe(suspended.reason);
  base::WallTime::duration time = suspended.until - parts_.clock.wall();
  if (suspended.reason.code == acme::Errc::cancelled) {  // the transport was stopped: we are ending
    time = longest_sleep;
    pause(trouble_, time, reason);
  }
  if (concerns_everyone(advice)) pause(pause_for(advice), time, reason);
  parts_.log.warn("order waits",
                  {{"name", names_of(suspended.order)},
                   {"action", acme::name_of(advice.action)},
                   {"reason", reason}});
  suspended_.emplace(parts_.clock.monotonic() + time, std::move(suspended.order));
}

}  // namespace agent
