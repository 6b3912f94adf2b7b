#include "agent/issuer/authority_lane.h"

#include <algorithm>
#include <utility>

#include "agent/issuer/await_directory.h"

namespace agent {
namespace {

/// What it takes at most to open an account, if nothing is wrong: a look at the database.
constexpr std::chrono::seconds opening_time{5};
/// An account that is closed stays so until a person does something.
constexpr std::chrono::hours closed_time{24};
/// Once the transport was stopped: we are ending.
constexpr std::chrono::seconds rest{30};

/// Whether an order that stops for this reason says something about all others too.
bool concerns_everyone(const acme::Advice& advice) {
  return advice.scope == acme::RetryScope::account || advice.scope == acme::RetryScope::authority;
}

}  // namespace

AuthorityLane::AuthorityLane(OrderRunner::Parts parts, AuthoritySetup setup, LaneListener& listener)
    : parts_(parts),
      setup_(std::move(setup)),
      listener_(listener),
      account_({parts.database, parts.pool, parts.clock, parts.log},
               setup_.http,
               setup_.account,
               static_cast<AccountKeeperListener&>(*this)),
      budgets_(setup_.account.authority, setup_.limits) {}

base::asio::awaitable<void> AuthorityLane::run() {
  co_await open_until_it_works();
  RenewalListener& listener = *this;
  const RenewalPoller::Parts parts{parts_.database, parts_.clock, parts_.random, parts_.log};
  poller_.emplace(parts, *client_, name(), listener);
  const Revoker::Parts revoker_parts{parts_.database, parts_.clock, parts_.log};
  revoker_.emplace(revoker_parts, *client_, account_.gate(), name());
  const auto executor = co_await base::asio::this_coro::executor;
  base::asio::co_spawn(executor, account_.run(), base::log_failure(parts_.log, "account"));
  base::asio::co_spawn(executor, revoker_->run(), base::log_failure(parts_.log, "revocations"));
  trouble_ = {};
  listener_.lane_changed();
  co_await check_profile();
  co_await poller_->run();
}

base::asio::awaitable<void> AuthorityLane::open_until_it_works() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  for (int failures = 1; !client_; ++failures) {
    const base::Result<void, std::string> opened = co_await account_.open();
    if (opened) {
      client_ = &account_.client();
      break;
    }
    parts_.log.error("account not open", {{"authority", name()}, {"error", opened.error()}});
    pause(trouble_, acme::server_backoff(failures), opened.error());
    co_await wait_for_the_end_of(trouble_);
  }
  OrderRunListener& listener = *this;
  runner_.emplace(parts_, *client_, setup_.wish, listener);
}

base::asio::awaitable<void> AuthorityLane::wait_for_the_end_of(const Pause& pause) {
  while (parts_.clock.monotonic() < pause.until) {
    boost::system::error_code ignored;  // wake() cancels it to have the clock looked at
    alarm_->expires_after(pause.until - parts_.clock.monotonic());
    co_await alarm_->async_wait(base::into(ignored));
  }
}

/// A profile that is not offered is a mistake better told at the start than with the first order.
base::asio::awaitable<void> AuthorityLane::check_profile() {
  const std::string& profile = setup_.wish.profile;
  if (profile.empty()) co_return;
  const auto directory = co_await await_directory(*client_);
  if (!directory || directory->profiles.empty() || directory->profiles.contains(profile)) co_return;
  parts_.log.warn("the authority does not offer the profile",
                  {{"authority", name()}, {"profile", profile}});
}

bool AuthorityLane::falls_back_from_profile(const acme::Error& reason) {
  if (reason.code != acme::Errc::invalid_profile || !setup_.wish.profile_fallback) return false;
  parts_.log.warn("ordering without a profile",
                  {{"authority", name()}, {"reason", acme::describe(reason)}});
  runner_->drop_profile();
  setup_.wish.profile.clear();
  return true;
}

void AuthorityLane::wake() {
  if (!runner_ && alarm_) alarm_->cancel();
  if (poller_) poller_->wake();
  if (revoker_) revoker_->wake();
  account_.wake();
}

void AuthorityLane::look_for_revocations() {
  if (revoker_) revoker_->look();
}

void AuthorityLane::account_changed() {
  if (!account_.is_closed()) trouble_ = {};  // whatever it was, it was another account's or key's
  listener_.lane_changed();
}

void AuthorityLane::renewal_checked(std::optional<acme::Errc> failure) {
  listener_.renewal_checked(name(), failure);
}

void AuthorityLane::renewals_moved() {
  listener_.lane_changed();
}

/// It counts at once, stored or not: the authority goes by its own.
base::asio::awaitable<Exemption> AuthorityLane::replaces_refused(OrderRecord order) {
  if (order.exemption != Exemption::advised) co_return order.exemption;  // it was charged
  const Exemption left = co_await exemption_without_advice(order);
  const base::WallTime now = parts_.clock.wall();
  BudgetDraft draft(budgets_, now);
  draft.charge_lost_exemption(order.names, left);
  apply_budgets(draft.entries());
  auto save = [entries = draft.entries(), now](Store& store) {
    return store.save_budgets(entries, now);
  };
  const StoreResult<void> saved = co_await parts_.database.run(std::move(save));
  if (!saved) parts_.log.error("budgets not stored", {{"error", saved.error().detail}});
  co_return left;
}

/// What a renewal of exactly these names is exempt from anyway.
base::asio::awaitable<Exemption> AuthorityLane::exemption_without_advice(OrderRecord order) {
  if (budgets_.limits().exempt_renewals != ExemptRenewals::advised_or_same_set) {
    co_return Exemption::none;
  }
  auto read = [name = order.names.front()](Store& store) { return store.hostname(name); };
  const auto detail = co_await parts_.database.run(std::move(read));
  if (!detail || !*detail || !(*detail)->certificate) co_return Exemption::none;
  std::vector<base::DomainName> replaced = (*detail)->certificate->names;
  std::sort(replaced.begin(), replaced.end());
  std::sort(order.names.begin(), order.names.end());
  co_return replaced == order.names ? Exemption::same_set : Exemption::none;
}

bool AuthorityLane::is_available() const {
  const bool is_account_ready = !account_.is_closed() && !account_.gate().is_closed();
  return runner_ && is_account_ready && !paused_until() &&
         breaker_.admits(parts_.clock.monotonic());
}

AuthorityChoice AuthorityLane::choice() const {
  AuthorityChoice choice{.name = name(), .budgets = &budgets_};
  const acme::Directory* directory = client_ ? client_->directory() : nullptr;
  if (directory != nullptr && directory->renewal_info) {
    choice.account = client_->thumbprint().value();
  }
  const base::WallTime now = parts_.clock.wall();
  const base::MonotonicTime monotonic = parts_.clock.monotonic();
  if (const auto until = paused_until()) {
    choice.paused_until = now + std::chrono::ceil<base::WallTime::duration>(*until - monotonic);
  } else if (!runner_ || account_.gate().is_closed()) {
    choice.paused_until = now + opening_time;
  }
  if (account_.is_closed()) choice.paused_until = now + closed_time;
  if (breaker_.state(monotonic) == CircuitBreaker::State::half_open) {
    choice.room = breaker_.admits(monotonic) ? 1 : 0;
  }
  return choice;
}

void AuthorityLane::apply_budgets(std::span<const BudgetEntry> entries) {
  budgets_.apply(entries, parts_.clock.wall());
}

void AuthorityLane::note_start() {
  account_.gate().enter();
  breaker_.start(parts_.clock.monotonic());
}

base::asio::awaitable<OrderEnd> AuthorityLane::run_order(OrderRecord order) {
  ++running_;
  std::optional<acme::Error> obstacle = co_await check_names(order);
  if (obstacle) {
    --running_;
    account_.gate().leave();
    co_return OrderFailed{std::move(order), std::move(*obstacle)};
  }
  OrderEnd end = co_await runner_->run(std::move(order));
  --running_;
  account_.gate().leave();
  co_return end;
}

/// Of an order that has not been placed.
base::asio::awaitable<std::optional<acme::Error>> AuthorityLane::check_names(
    const OrderRecord& order) {
  if (parts_.name_check == nullptr || !order.document.empty()) co_return std::nullopt;
  NameCheck::Authority authority{.thumbprint = client_->thumbprint()};
  if (const acme::Directory* directory = client_->directory()) {
    authority.caa_identities = directory->caa_identities;
  }
  const auto& url = client_->record().account_url;
  if (url) authority.account_url = url->text();
  co_return co_await parts_.name_check->check(order, std::move(authority));
}

void AuthorityLane::keep(OrderRecord order, base::WallTime::duration time) {
  suspended_.emplace(parts_.clock.monotonic() + time, std::move(order));
}

std::optional<OrderRecord> AuthorityLane::take_resumable() {
  const std::optional<base::MonotonicTime> next = next_resumable();
  if (!next || *next > parts_.clock.monotonic()) return std::nullopt;
  return std::move(suspended_.extract(suspended_.begin()).mapped());
}

std::vector<OrderRecord> AuthorityLane::take_stranded() {
  std::vector<OrderRecord> stranded;
  if (!account_.is_closed()) return stranded;
  for (auto& [time, order] : suspended_) stranded.push_back(std::move(order));
  suspended_.clear();
  return stranded;
}

std::optional<base::MonotonicTime> AuthorityLane::next_resumable() const {
  const bool is_account_ready = !account_.is_closed() && !account_.gate().is_closed();
  if (!runner_ || !is_account_ready || suspended_.empty()) return std::nullopt;
  const base::MonotonicTime now = parts_.clock.monotonic();
  const base::MonotonicTime first = suspended_.begin()->first;
  if (const auto until = breaker_.open_until(now)) return std::max(first, *until);
  if (!breaker_.admits(now)) return std::nullopt;  // the probe's end will tell
  return first;
}

std::optional<base::MonotonicTime> AuthorityLane::paused_until() const {
  const base::MonotonicTime now = parts_.clock.monotonic();
  const base::MonotonicTime until =
      std::max({trouble_.until, wait_.until, breaker_.open_until(now).value_or(now)});
  if (until <= now) return std::nullopt;
  return until;
}

void AuthorityLane::pause(Pause& pause, base::WallTime::duration time, std::string reason) {
  const base::MonotonicTime until = parts_.clock.monotonic() + time;
  if (until > pause.until) pause = {until, std::move(reason)};
}

void AuthorityLane::note_issued() {
  breaker_.succeed();
  trouble_ = {};  // whatever it was, it is over
}

void AuthorityLane::note_mishap(const acme::Error& reason, base::WallTime::duration time) {
  const acme::Advice advice = acme::retry_advice(reason);
  note_health(reason, advice);
  if (advice.action == acme::RetryAction::check_account) account_.doubt();
  if (reason.code == acme::Errc::cancelled) return pause(trouble_, rest, acme::describe(reason));
  if (!concerns_everyone(advice) || advice.action == acme::RetryAction::server) return;
  // The budgets know of it, and let pass what the limit does not count.
  const bool is_limit = reason.code == acme::Errc::rate_limited && reason.http_status == 429;
  if (is_limit && budgets_.limits().exempt_renewals != ExemptRenewals::none) return;
  Pause& kind = advice.action == acme::RetryAction::wait ? wait_ : trouble_;
  pause(kind, time, acme::describe(reason));
}

/// Whoever refuses an order with reason is in good health.
void AuthorityLane::note_health(const acme::Error& reason, const acme::Advice& advice) {
  const bool is_unknown = reason.code == acme::Errc::cancelled ||
                          reason.code == acme::Errc::order_overdue ||
                          reason.origin == acme::Origin::local;
  if (is_unknown) return breaker_.end_without_verdict();
  if (advice.action != acme::RetryAction::server) return breaker_.succeed();
  std::optional<std::chrono::milliseconds> wish;
  if (reason.retry_after) wish = advice.delay;
  breaker_.fail(parts_.clock.monotonic(), wish, parts_.random.unit());
  fault_ = acme::describe(reason);
}

AuthorityLane::Status AuthorityLane::status() const {
  const base::MonotonicTime now = parts_.clock.monotonic();
  Status status{.authority = name(),
                .running = running_,
                .suspended = suspended_.size(),
                .trouble = {},
                .breaker = breaker_.state(now),
                .is_open = runner_.has_value(),
                .directory_url = setup_.account.acme.directory_url.text(),
                .profile = setup_.wish.profile};
  if (client_) {
    const auto& url = client_->record().account_url;
    status.account_url = url ? url->text() : std::string();
    status.thumbprint = client_->thumbprint().value();
    if (const acme::Directory* directory = client_->directory()) {
      status.caa_identities = directory->caa_identities;
    }
  }
  if (!runner_) status.trouble = "its account is not open yet";
  if (status.breaker != CircuitBreaker::State::closed) status.trouble = fault_;
  if (now < trouble_.until) status.trouble = trouble_.reason;
  if (now < wait_.until) status.trouble = wait_.reason;
  if (const std::string trouble = account_.trouble(); !trouble.empty()) status.trouble = trouble;
  return status;
}

}  // namespace agent
