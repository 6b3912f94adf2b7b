#include "agent/issuer/issuer.h"

#include <algorithm>
#include <utility>

#include "acme/retry_advice.h"
#include "agent/fault/fault_point.h"
#include "agent/issuer/order_verdict.h"
#include "agent/issuer/pauses.h"
#include "agent/planner/retry_time.h"
#include "agent/store/order_document.h"

namespace agent {
namespace {

StoreResult<std::vector<DueHostname>> find_due(Store& store,
                                               base::WallTime now,
                                               std::span<const DueQuery> queries) {
  const StoreResult<std::size_t> marked = store.mark_near_expiry(now);
  if (!marked) return base::Unexpected(marked.error());
  return store.due_hostnames(now, queries);
}

StoreResult<std::vector<OrderRecord>> carry_out(Store& store,
                                                const Plan& plan,
                                                base::WallTime now) {
  if (!plan.postponed.empty()) {
    const StoreResult<void> postponed = store.postpone(plan.postponed);
    if (!postponed) return base::Unexpected(postponed.error());
  }
  return store.create_orders(plan.orders, now, plan.charges);
}

/// Whether an order that stops for this reason says something about all others too.
bool concerns_everyone(const acme::Advice& advice) {
  return advice.scope == acme::RetryScope::account || advice.scope == acme::RetryScope::authority;
}

/// Whether only a person can mend it.
bool is_parked(const acme::Advice& advice) {
  return advice.action == acme::RetryAction::park ||
         advice.action == acme::RetryAction::switch_authority;
}

/// An authority that will not have the other key algorithm is no worse for first certificates.
bool is_about_second_only(const OrderFailed& failed, const acme::Advice& advice) {
  return failed.order.role == CertificateRole::second && is_parked(advice);
}

/// Whether the next one may do at once what this one will not.
bool is_for_another_authority(const acme::Advice& advice) {
  const bool is_stopped = is_parked(advice) || advice.action == acme::RetryAction::check_account;
  return is_stopped && advice.elsewhere == acme::Advice::Elsewhere::worth_trying;
}

/// Of an order with one name nothing is left when that is dropped.
acme::Advice advice_for(const OrderFailed& failed) {
  const acme::Advice advice = acme::retry_advice(failed.error);
  const bool is_split = advice.action == acme::RetryAction::split;
  if (!is_split || failed.order.names.size() > 1) return advice;
  return acme::retry_advice(failed.error.subproblems.front(), failed.error.origin);
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
  if (order.role == CertificateRole::second) text += " (second certificate)";
  return text;
}

}  // namespace

Issuer::Issuer(OrderRunner::Parts parts, IssuerOptions options, IssuerListener& listener)
    : parts_(parts),
      orders_in_flight_(options.orders_in_flight),
      packing_(options.packing),
      keys_(options.keys),
      listener_(listener),
      clock_watch_(parts.clock) {
  LaneListener& lane_listener = *this;
  for (AuthoritySetup& setup : options.authorities) {
    lanes_.push_back(std::make_unique<AuthorityLane>(parts, std::move(setup), lane_listener));
  }
}

void Issuer::wake() {
  wake_orders();
  for (const auto& lane : lanes_) lane->wake();
}

void Issuer::wake_orders() {
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

void Issuer::lane_changed() {
  wake_orders();
}

void Issuer::renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) {
  listener_.renewal_checked(authority, failure);
}

void Issuer::set_orders_in_flight(std::size_t limit) {
  orders_in_flight_ = limit;
  wake();
}

AccountKeeper* Issuer::account(std::string_view authority) const {
  AuthorityLane* const lane = find_lane(authority);
  return lane == nullptr ? nullptr : &lane->account();
}

void Issuer::look_for_revocations() {
  for (const auto& lane : lanes_) lane->look_for_revocations();
}

Issuer::Status Issuer::status() const {
  Status status{.running = running_};
  for (const auto& lane : lanes_) {
    status.authorities.push_back(lane->status());
    status.suspended += status.authorities.back().suspended;
  }
  if (!is_any_lane_available()) status.trouble = status.authorities.front().trouble;
  if (is_store_in_trouble()) status.trouble = store_trouble_;
  return status;
}

bool Issuer::is_any_lane_available() const {
  return std::any_of(
      lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->is_available(); });
}

bool Issuer::is_store_in_trouble() const {
  return parts_.clock.monotonic() < store_trouble_until_;
}

AuthorityLane* Issuer::find_lane(std::string_view authority) const {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(), [authority](const auto& lane) {
    return lane->name() == authority;
  });
  return found == lanes_.end() ? nullptr : found->get();
}

base::WallTime::duration Issuer::time_until(base::MonotonicTime time) const {
  return std::chrono::ceil<base::WallTime::duration>(time - parts_.clock.monotonic());
}

base::asio::awaitable<void> Issuer::run() {
  const auto executor = co_await base::asio::this_coro::executor;
  alarm_.emplace(executor);
  for (const auto& lane : lanes_) {
    base::asio::co_spawn(executor, lane->run(), base::log_failure(parts_.log, "authority"));
  }
  co_await load_budgets();
  co_await load_open_orders();
  while (true) {
    woken_ = false;
    co_await watch_clock();
    co_await abandon_stranded();
    resume_suspended();
    co_await start_due();
    co_await sleep_until_due();
  }
}

/// No new orders until the store may have healed.
void Issuer::note_trouble(std::string_view step, const StoreError& error) {
  parts_.log.error("store in trouble, issuance waits", {{"step", step}, {"error", error.detail}});
  store_trouble_until_ = parts_.clock.monotonic() + store_retry;
  store_trouble_ = "the store: " + error.detail;
}

base::asio::awaitable<void> Issuer::wait_for_store(std::string step, StoreError error) {
  note_trouble(step, error);
  boost::system::error_code ignored;  // a wake-up tries at once
  alarm_->expires_after(store_retry);
  co_await alarm_->async_wait(base::into(ignored));
}

base::asio::awaitable<void> Issuer::load_budgets() {
  auto load = [now = parts_.clock.wall()](Store& store) { return store.budgets(now); };
  StoreResult<std::vector<BudgetEntry>> budgets = co_await parts_.database.run(load);
  while (!budgets) {
    co_await wait_for_store("load the budgets", budgets.error());
    budgets = co_await parts_.database.run(load);
  }
  apply_budgets(*budgets);
}

void Issuer::apply_budgets(std::span<const BudgetEntry> entries) {
  for (const auto& lane : lanes_) lane->apply_budgets(entries);
}

/// They count at once, stored or not: the authority goes by its own.
base::asio::awaitable<void> Issuer::save_budgets(std::vector<BudgetEntry> entries) {
  if (entries.empty()) co_return;
  apply_budgets(entries);
  auto save = [&entries, now = parts_.clock.wall()](Store& store) {
    return store.save_budgets(entries, now);
  };
  const StoreResult<void> saved = co_await parts_.database.run(save);
  if (!saved) note_trouble("save budgets", saved.error());
}

base::asio::awaitable<void> Issuer::load_open_orders() {
  auto load = [](Store& store) { return store.open_orders(); };
  StoreResult<std::vector<OrderRecord>> open = co_await parts_.database.run(load);
  while (!open) {
    co_await wait_for_store("load the open orders", open.error());
    open = co_await parts_.database.run(load);
  }
  if (!open->empty()) parts_.log.info("going on with open orders", {{"orders", open->size()}});
  store_trouble_until_ = {};
  for (OrderRecord& order : *open) co_await assign(std::move(order));
}

/// To the lane of its authority; nobody else can go on with it.
base::asio::awaitable<void> Issuer::assign(OrderRecord order) {
  AuthorityLane* const lane = find_lane(order.authority);
  if (lane != nullptr) {
    lane->keep(std::move(order), {});
  } else {
    std::string reason =
        "authority=" + order.authority + " is no longer in the configuration; ordered anew";
    co_await abandon(std::move(order), std::move(reason), std::nullopt);
  }
}

/// Its names are due again, at another authority.
base::asio::awaitable<void> Issuer::abandon(OrderRecord order,
                                            std::string reason,
                                            std::optional<base::WallTime> refused_until) {
  parts_.log.warn("order abandoned", {{"name", names_of(order)}, {"reason", reason}});
  auto end = [&reason, refused_until, id = order.id, now = parts_.clock.wall()](Store& store) {
    return store.abandon_order(id, reason, refused_until, now);
  };
  StoreResult<void> ended = co_await parts_.database.run(end);
  while (!ended && ended.error().code != StoreErrc::gone) {
    co_await wait_for_store("abandon an order", ended.error());
    ended = co_await parts_.database.run(end);
  }
  const auto document = decode_order_document(order.document);
  if (!document) co_return;  // it had not got so far as to publish anything
  std::vector<acme::Answer> answers = acme::answers_to(document->challenges, *document);
  co_await parts_.solver.clean_up(std::move(answers));
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

/// Of an account that is closed: their names are due again, at another authority or account.
base::asio::awaitable<void> Issuer::abandon_stranded() {
  for (const auto& lane : lanes_) {
    std::vector<OrderRecord> stranded = lane->take_stranded();
    for (OrderRecord& order : stranded) {
      std::string reason = "authority=" + lane->name() + " has closed the account";
      co_await abandon(std::move(order), std::move(reason), std::nullopt);
    }
  }
}

void Issuer::resume_suspended() {
  for (const auto& lane : lanes_) {
    while (has_slot()) {
      std::optional<OrderRecord> order = lane->take_resumable();
      if (!order) break;
      start(*lane, std::move(*order));
    }
  }
}

std::vector<const Budgets*> Issuer::open_budgets() const {
  std::vector<const Budgets*> budgets;
  for (const auto& lane : lanes_) {
    if (lane->is_available()) budgets.push_back(&lane->budgets());
  }
  return budgets;
}

/// The backlog is only counted where it decides something, and no further than that.
base::asio::awaitable<StoreResult<Policy>> Issuer::make_policy(base::WallTime now) {
  constexpr std::uint64_t most = 1'000'000;
  Policy policy{.renewals_held_until = clock_watch_.held_until()};
  policy.most_orders = orders_in_flight_ - running_;
  policy.keys = keys_;
  for (const auto& lane : lanes_) policy.authorities.push_back(lane->choice());
  const bool is_auto = !packing_.names_per_certificate;
  if (is_auto || lanes_.size() > 1) {
    auto count = [now](Store& store) { return store.count_due(Urgency::person_waits, now, most); };
    const StoreResult<std::uint64_t> backlog = co_await parts_.database.run(count);
    if (!backlog) co_return base::Unexpected(backlog.error());
    policy.backlog = *backlog;
  }
  const Budgets& first = lanes_.front()->budgets();
  pack_size_ = pack_size(packing_, policy.backlog, first, now, pack_size_);
  policy.names_per_certificate = pack_size_;
  co_return policy;
}

base::asio::awaitable<void> Issuer::start_due() {
  held_until_.reset();
  while (has_slot() && is_any_lane_available() && !is_store_in_trouble()) {
    const base::WallTime now = parts_.clock.wall();
    const StoreResult<Policy> policy = co_await make_policy(now);
    if (!policy) co_return note_trouble("count what is due", policy.error());
    const std::vector<DueQuery> queries =
        due_queries(open_budgets(), policy->most_orders, pack_size_, now);
    auto find = [now, &queries](Store& store) { return find_due(store, now, queries); };
    const auto due = co_await parts_.database.run(std::move(find));
    if (!due) co_return note_trouble("find what is due", due.error());
    if (due->empty()) co_return;
    const Plan plan = plan_orders(*due, *policy, now);
    auto create = [&plan, now](Store& store) { return carry_out(store, plan, now); };
    auto orders = co_await parts_.database.run(std::move(create));
    if (!orders) co_return note_trouble("create orders", orders.error());
    if (!orders->empty()) fault_point("order: opened");
    apply_budgets(plan.charges);
    for (OrderRecord& order : *orders) {
      AuthorityLane& lane = *find_lane(order.authority);  // the planner knows no others
      start(lane, std::move(order));
    }
    held_until_ = plan.wake_up;
    // What is held, or could not be ordered, stays due: asking again would bring it again.
    if (plan.wake_up || (orders->empty() && plan.postponed.empty())) co_return;
  }
}

/// When start_due() may find something; it asks the store if it has to.
base::asio::awaitable<base::WallTime::duration> Issuer::time_until_next_due() {
  if (is_store_in_trouble()) co_return time_until(store_trouble_until_);
  if (!is_any_lane_available()) {
    base::WallTime::duration time = longest_sleep;
    for (const auto& lane : lanes_) {
      if (const auto until = lane->paused_until()) time = std::min(time, time_until(*until));
    }
    co_return time;
  }
  if (held_until_) co_return *held_until_ - parts_.clock.wall();
  if (!has_slot()) co_return longest_sleep;
  const base::WallTime now = parts_.clock.wall();
  base::WallTime::duration time = longest_sleep;
  for (const Urgency urgency : all_urgencies) {
    auto ask = [urgency](Store& store) { return store.next_due(urgency); };
    const auto next = co_await parts_.database.run(ask);
    if (!next) note_trouble("find what is due next", next.error());
    if (!next) co_return store_retry;
    if (*next) time = std::min(time, std::max(**next, opens_at(urgency, now)) - now);
  }
  co_return time;
}

/// When an order of this urgency finds a token at some authority that takes orders.
base::WallTime Issuer::opens_at(Urgency urgency, base::WallTime now) const {
  base::WallTime earliest = now + longest_sleep;
  for (const Budgets* budgets : open_budgets()) {
    earliest = std::min(earliest, budgets->opens_at(urgency, now));
  }
  return earliest;
}

base::asio::awaitable<void> Issuer::sleep_until_due() {
  base::WallTime::duration time = co_await time_until_next_due();
  for (const auto& lane : lanes_) {
    const auto next = lane->next_resumable();
    if (has_slot() && next) time = std::min(time, time_until(*next));
  }
  if (woken_) co_return;              // while the store was asked
  boost::system::error_code ignored;  // cancelled by wake()
  alarm_->expires_after(std::clamp<base::WallTime::duration>(time, between_batches, longest_sleep));
  co_await alarm_->async_wait(base::into(ignored));
}

void Issuer::start(AuthorityLane& lane, OrderRecord order) {
  // The key's change may have begun while the order was being stored.
  if (lane.account().gate().is_closed()) return lane.keep(std::move(order), {});
  ++running_;
  lane.note_start();
  base::asio::co_spawn(alarm_->get_executor(),
                       run_order(lane, std::move(order)),
                       base::log_failure(parts_.log, "order"));
}

base::asio::awaitable<void> Issuer::run_order(AuthorityLane& lane, OrderRecord order) {
  const base::MonotonicTime started = parts_.clock.monotonic();
  OrderEnd end = co_await lane.run_order(order);
  if (auto* issued = std::get_if<OrderIssued>(&end)) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.monotonic() - started);
    parts_.log.info("certificate issued",
                    {{"name", names_of(order)},
                     {"authority", lane.name()},
                     {"serial", issued->certificate.serial},
                     {"took_ms", took.count()}});
    lane.note_issued();
    store_trouble_until_ = {};  // it has taken the certificate
    listener_.certificate_issued(issued->certificate, took);
  } else if (auto* failed = std::get_if<OrderFailed>(&end)) {
    co_await conclude_failed(lane, std::move(*failed));
  } else if (auto* suspended = std::get_if<OrderSuspended>(&end)) {
    co_await conclude_suspended(lane, std::move(*suspended));
  } else {
    lane.note_gone();
  }
  --running_;
  wake();
}

OrderFailure Issuer::failure_of(const OrderFailed& failed, const acme::Advice& advice) {
  const base::WallTime now = parts_.clock.wall();
  OrderFailure failure =
      judge_failure(failed.order, failed.error, advice, now, parts_.random.unit());
  if (!is_for_another_authority(advice) || lanes_.size() == 1) return failure;
  if (!concerns_everyone(advice)) failure.refused_until = now + advice.delay;
  failure.next_attempt = now;
  failure.parked = false;
  return failure;
}

base::asio::awaitable<void> Issuer::conclude_failed(AuthorityLane& lane, OrderFailed failed) {
  const acme::Advice advice = advice_for(failed);
  const base::WallTime now = parts_.clock.wall();
  OrderFailure failure = failure_of(failed, advice);
  const std::vector<BudgetEntry> charges =
      charge_failure(lane.budgets(), failed.order, failed.error, now);
  apply_budgets(charges);
  if (lane.falls_back_from_profile(failed.error)) {
    failure.next_attempt = now;
    failure.parked = false;
  } else if (is_about_second_only(failed, advice)) {
    lane.note_gone();
  } else {
    lane.note_mishap(failed.error, advice.delay);
  }
  parts_.log.warn("order failed",
                  {{"name", names_of(failed.order)},
                   {"authority", lane.name()},
                   {"action", acme::name_of(advice.action)},
                   {"error", failure.error}});
  listener_.order_failed(lane.name(), failed.error);
  auto fail = [&failure, &charges, now, id = failed.order.id](Store& store) {
    return store.fail_order(id, failure, now, charges);
  };
  const StoreResult<void> stored = co_await parts_.database.run(std::move(fail));
  if (stored || stored.error().code == StoreErrc::gone) co_return;
  parts_.log.error("failed order not closed", {{"error", stored.error().detail}});
  lane.keep(std::move(failed.order), store_retry);  // it will fail the same way again
}

/// Not if the authority may be making the certificate.
bool Issuer::may_do_better_elsewhere(const OrderSuspended& suspended,
                                     base::WallTime::duration time) const {
  const acme::Advice advice = acme::retry_advice(suspended.reason);
  if (lanes_.size() == 1 || time <= patience) return false;
  if (advice.elsewhere != acme::Advice::Elsewhere::worth_trying) return false;
  const auto document = decode_order_document(suspended.order.document);
  return document && document->finalize_requests == 0;
}

base::asio::awaitable<void> Issuer::conclude_suspended(AuthorityLane& lane,
                                                       OrderSuspended suspended) {
  const base::WallTime now = parts_.clock.wall();
  base::WallTime::duration time = suspended.until - now;
  std::vector<BudgetEntry> charges =
      charge_suspension(lane.budgets(), suspended.order, suspended.reason, suspended.until, now);
  if (suspended.reason.code == acme::Errc::cancelled) time = longest_sleep;  // we are ending
  lane.note_mishap(suspended.reason, time);
  std::string reason = acme::describe(suspended.reason);
  parts_.log.warn("order waits",
                  {{"name", names_of(suspended.order)},
                   {"authority", lane.name()},
                   {"action", acme::name_of(acme::retry_advice(suspended.reason).action)},
                   {"reason", reason}});
  if (may_do_better_elsewhere(suspended, time)) {
    const base::WallTime until = parts_.clock.wall() + time;
    co_await abandon(std::move(suspended.order), std::move(reason), until);
  } else {
    lane.keep(std::move(suspended.order), time);
  }
  co_await save_budgets(std::move(charges));
}

}  // namespace agent
