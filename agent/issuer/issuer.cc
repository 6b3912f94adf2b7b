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
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

void Issuer::set_orders_in_flight(std::size_t limit) {
  options_.orders_in_flight = limit;
  wake();
}

Issuer::Status Issuer::status() const {
  return {running_, suspended_.size(), is_paused() ? trouble_ : std::string()};
}

base::asio::awaitable<void> Issuer::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  co_await open_account_until_it_works();
  co_await load_open_orders();
  while (true) {
    woken_ = false;
    co_await watch_clock();
    resume_suspended();
    co_await start_due();
    co_await sleep_until_due();
  }
}

/// The store is in trouble: no work until it may have healed.
base::asio::awaitable<void> Issuer::pause_after(std::string what, const StoreError& error) {
  parts_.log.error("store in trouble, issuance waits", {{"step", what}, {"error", error.detail}});
  trouble_ = "the store: " + error.detail;
  paused_until_ = parts_.clock.wall() + store_retry;
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
      co_await pause_after("open the account", opened.error());
    }
  }
  runner_.emplace(parts_, *client_, options_.key_type);
}

base::asio::awaitable<void> Issuer::load_open_orders() {
  auto load = [](Store& store) { return store.open_orders(); };
  StoreResult<std::vector<OrderRecord>> open = co_await parts_.database.run(load);
  while (!open) {
    co_await pause_after("load the open orders", open.error());
    open = co_await parts_.database.run(load);
  }
  if (!open->empty()) parts_.log.info("going on with open orders", {{"orders", open->size()}});
  for (OrderRecord& order : *open) suspended_.emplace(base::WallTime::min(), std::move(order));
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
  if (!rescued) co_await pause_after("rescue attempts", rescued.error());
}

void Issuer::resume_suspended() {
  const base::WallTime now = parts_.clock.wall();
  while (has_slot() && !suspended_.empty() && suspended_.begin()->first <= now) {
    start(std::move(suspended_.extract(suspended_.begin()).mapped()));
  }
}

base::asio::awaitable<void> Issuer::start_due() {
  held_until_.reset();
  while (has_slot() && !is_paused()) {
    const base::WallTime now = parts_.clock.wall();
    auto find = [now, limit = options_.orders_in_flight - running_](Store& store) {
      return store.due_hostnames(now, limit);
    };
    const auto due = co_await parts_.database.run(std::move(find));
    if (!due) co_return co_await pause_after("find what is due", due.error());
    if (due->empty()) co_return;
    const Policy policy{options_.account.authority, clock_watch_.held_until()};
    const Plan plan = plan_orders(*due, policy, now);
    auto create = [&plan, now](Store& store) { return carry_out(store, plan, now); };
    auto orders = co_await parts_.database.run(std::move(create));
    if (!orders) co_return co_await pause_after("create orders", orders.error());
    for (OrderRecord& order : *orders) start(std::move(order));
    held_until_ = plan.wake_up;
    if (plan.wake_up) co_return;  // what is held stays due: asking again would bring it again
  }
}

base::asio::awaitable<void> Issuer::sleep_until_due() {
  const base::WallTime now = parts_.clock.wall();
  base::WallTime until = now + longest_sleep;
  if (has_slot() && !suspended_.empty()) until = std::min(until, suspended_.begin()->first);
  if (is_paused()) {
    until = std::min(until, paused_until_);
  } else if (held_until_) {
    until = std::min(until, *held_until_);
  } else if (has_slot()) {
    auto ask = [](Store& store) { return store.next_due(); };
    const auto next = co_await parts_.database.run(ask);
    if (next && *next) until = std::min(until, **next);
  }
  if (woken_) co_return;              // while the store was asked
  boost::system::error_code ignored;  // cancelled by wake()
  alarm_->expires_after(std::max<base::WallTime::duration>(until - now, shortest_sleep));
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
    paused_until_ = {};  // whatever the trouble was, it is over
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
  if (concerns_everyone(advice)) {
    paused_until_ = now + advice.delay;
    trouble_ = failure.error;
  }
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
  suspended_.emplace(now + store_retry,
                     std::move(failed.order));  // it will fail the same way again
}

void Issuer::conclude_suspended(OrderSuspended suspended) {
  const acme::Advice advice = acme::retry_advice(suspended.reason);
  if (concerns_everyone(advice)) {
    paused_until_ = std::max(paused_until_, suspended.until);
    trouble_ = acme::describe(suspended.reason);
  }
  parts_.log.warn("order waits",
                  {{"name", names_of(suspended.order)},
                   {"action", acme::name_of(advice.action)},
                   {"reason", acme::describe(suspended.reason)}});
  suspended_.emplace(suspended.until, std::move(suspended.order));
}

}  // namespace agent
