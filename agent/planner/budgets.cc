#include "agent/planner/budgets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/planner/registered_domain.h"
#include "base/encoding.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t forget_first_above = 1024;
/// Who waits longer is looked at again: limits change, and so does what waits before it.
constexpr std::chrono::hours longest_queue{24 * 7};

const BudgetKey account_orders{LimitKind::new_orders, {}};
const BudgetKey account_reserve{LimitKind::renewal_reserve, {}};

std::uint64_t hash_of(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

/// The name, or a digest of many: two sets that meet would only share a bucket.
std::string set_key(std::span<const base::DomainName> names) {
  if (names.size() == 1) return names.front().text();
  std::set<std::string_view> sorted;
  for (const base::DomainName& name : names) sorted.insert(name.text());
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::string_view name : sorted) hash = hash_of(" ", hash_of(name, hash));
  return "set " + base::encode_hex(std::as_bytes(std::span(&hash, 1)));
}

std::set<std::string> domains_of(std::span<const base::DomainName> names) {
  std::set<std::string> domains;
  for (const base::DomainName& name : names) domains.insert(registered_domain(name));
  return domains;
}

std::optional<RateLimit> configured(const AuthorityLimits& limits, LimitKind kind) {
  switch (kind) {
    case LimitKind::new_orders: return limits.new_orders;
    case LimitKind::certificates_per_domain: return limits.certificates_per_domain;
    case LimitKind::certificates_per_set: return limits.certificates_per_set;
    case LimitKind::failed_authorizations: return limits.failed_authorizations;
    case LimitKind::renewal_reserve: return std::nullopt;
  }
  return std::nullopt;
}

/// How many tokens of the account's bucket are for renewals alone.
std::int64_t reserved_tokens(const Gcra& orders, double share) {
  const std::int64_t all = orders.tolerance / orders.interval;
  return std::min(all - 1, static_cast<std::int64_t>(share * static_cast<double>(all)));
}

/// The account's bucket as those see it who may not touch the reserve.
Gcra without_reserve(Gcra orders, double share) {
  orders.tolerance -= reserved_tokens(orders, share) * orders.interval;
  return orders;
}

/// What renewals may take although others have used up the rest; nullopt if nothing.
std::optional<Gcra> reserve_of(const Gcra& orders, double share) {
  const std::int64_t tokens = reserved_tokens(orders, share);
  if (tokens < 1) return std::nullopt;
  const std::chrono::microseconds interval(
      static_cast<std::int64_t>(static_cast<double>(orders.interval.count()) / share));
  return Gcra{interval, tokens * interval};
}

/// 3.5 to 7 days, the same for a name each time.
std::chrono::milliseconds late_return(const base::DomainName& name) {
  const std::chrono::milliseconds half = longest_queue / 2;
  return half + half * static_cast<std::int64_t>(hash_of(name.text(), 1469598103ULL) % 1024) / 1024;
}

std::optional<Gcra> gcra_of_state(const AuthorityLimits& limits,
                                  const BudgetKey& key,
                                  const BudgetState& state) {
  const std::optional<RateLimit> limit =
      state.learned ? state.learned : configured(limits, key.kind);
  if (!limit) return std::nullopt;
  return gcra_of(*limit, limits.use);
}

BudgetKey key_of(const acme::RateLimitDetail& detail, std::span<const base::DomainName> names) {
  switch (detail.kind) {
    case acme::RateLimitKind::new_orders:
    case acme::RateLimitKind::new_accounts: break;
    case acme::RateLimitKind::certificates_per_domain: {
      std::string domain = detail.subject;
      if (domain.empty() && !names.empty()) domain = registered_domain(names.front());
      return {LimitKind::certificates_per_domain, std::move(domain)};
    }
    case acme::RateLimitKind::certificates_per_set:
      return {LimitKind::certificates_per_set, set_key(names)};
    case acme::RateLimitKind::failed_authorizations: {
      std::string name = detail.subject;
      if (name.empty() && !names.empty()) name = names.front().text();
      return {LimitKind::failed_authorizations, std::move(name)};
    }
  }
  return account_orders;
}

}  // namespace

Budgets::Budgets(std::string authority, AuthorityLimits limits)
    : authority_(std::move(authority)), limits_(limits), forget_above_(forget_first_above) {}

void Budgets::apply(std::span<const BudgetEntry> entries, base::WallTime now) {
  for (const BudgetEntry& entry : entries) {
    if (entry.authority == authority_) states_[entry.key] = entry.state;
  }
  if (states_.size() > forget_above_) forget_idle(now);
}

/// Only when it may be worth it, so that an entry costs a constant time on average.
void Budgets::forget_idle(base::WallTime now) {
  std::erase_if(states_, [now](const auto& entry) { return entry.second.is_idle(now); });
  forget_above_ = std::max(forget_first_above, 2 * states_.size());
}

BudgetState Budgets::state(const BudgetKey& key) const {
  const auto found = states_.find(key);
  return found == states_.end() ? BudgetState{} : found->second;
}

base::WallTime Budgets::opens_at(Urgency urgency, base::WallTime now, std::uint64_t tokens) const {
  if (urgency == Urgency::renewal) return now;
  const BudgetState orders = state(account_orders);
  const std::optional<Gcra> gcra = gcra_of_state(limits_, account_orders, orders);
  if (!gcra) return std::max(now, to_wall(orders.full_at));
  const double share = limits_.renewal_reserve;
  const base::WallTime usual =
      to_wall(without_reserve(*gcra, share).available_at(orders.full_at, now, tokens));
  const std::optional<Gcra> reserve = reserve_of(*gcra, share);
  if (urgency != Urgency::charged_renewal || !reserve) return usual;
  const BudgetTime kept =
      std::max(reserve->available_at(state(account_reserve).full_at, now, tokens),
               gcra->available_at(orders.full_at, now, tokens));
  return std::min(usual, to_wall(kept));
}

std::uint64_t Budgets::tokens(Urgency urgency, base::WallTime now) const {
  constexpr std::uint64_t plenty = 1'000'000;
  if (opens_at(urgency, now) > now) return 0;
  const BudgetState orders = state(account_orders);
  const std::optional<Gcra> gcra = gcra_of_state(limits_, account_orders, orders);
  if (urgency == Urgency::renewal || !gcra) return plenty;
  const Gcra usual = without_reserve(*gcra, limits_.renewal_reserve);
  const auto used = std::max(BudgetTime(now), orders.full_at) - BudgetTime(now);
  const auto tokens = (usual.tolerance - used) / usual.interval;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, tokens));  // 1: of the reserve
}

std::vector<DueQuery> due_queries(std::span<const Budgets* const> budgets,
                                  std::size_t orders,
                                  std::size_t names,
                                  base::WallTime now) {
  std::vector<DueQuery> queries;
  for (const Urgency urgency : all_urgencies) {
    std::uint64_t tokens = 0;
    for (const Budgets* one : budgets) {
      tokens = std::max<std::uint64_t>(tokens, one == nullptr ? orders : one->tokens(urgency, now));
    }
    tokens = std::min<std::uint64_t>(tokens, orders);
    // A name whose last order failed is ordered alone.
    const std::size_t each = urgency == Urgency::person_waits ? names : 1;
    if (tokens > 0) queries.push_back({urgency, static_cast<std::size_t>(tokens) * each});
  }
  return queries;
}

struct BudgetDraft::Taken {
  BudgetKey key;
  BudgetTime full_at;
};

BudgetDraft::BudgetDraft(const Budgets& budgets, base::WallTime now)
    : budgets_(budgets), now_(now) {}

BudgetState BudgetDraft::state(const BudgetKey& key) const {
  const auto found = changed_.find(key);
  return found == changed_.end() ? budgets_.state(key) : found->second;
}

std::optional<Gcra> BudgetDraft::gcra(const BudgetKey& key) const {
  return gcra_of_state(budgets_.limits(), key, state(key));
}

namespace {

void note(const BudgetKey& key, base::WallTime at, std::optional<BudgetRefusal>& refusal) {
  if (!refusal || refusal->available < at) refusal = BudgetRefusal{key, at};
}

}  // namespace

void BudgetDraft::check(const BudgetKey& key,
                        std::vector<Taken>& taken,
                        std::optional<BudgetRefusal>& refusal) {
  const BudgetState before = state(key);
  const std::optional<Gcra> gcra = gcra_of_state(budgets_.limits(), key, before);
  if (!gcra) {
    if (before.full_at > now_) note(key, to_wall(before.full_at), refusal);
    return;
  }
  if (const auto next = gcra->take(before.full_at, now_)) {
    taken.push_back({key, *next});
  } else {
    note(key, to_wall(gcra->available_at(before.full_at, now_)), refusal);
  }
}

/// Whether there is one token more than one. A bucket that holds no two cannot have that.
void BudgetDraft::check_spare(const BudgetKey& key, std::optional<BudgetRefusal>& refusal) const {
  const BudgetState before = state(key);
  const std::optional<Gcra> gcra = gcra_of_state(budgets_.limits(), key, before);
  if (!gcra || gcra->tolerance < 2 * gcra->interval) return;
  const base::WallTime available = to_wall(gcra->available_at(before.full_at, now_, 2));
  if (available > to_wall(now_)) note(key, available, refusal);
}

void BudgetDraft::check_new_order(Urgency urgency,
                                  std::vector<Taken>& taken,
                                  std::optional<BudgetRefusal>& refusal) {
  const BudgetState orders = state(account_orders);
  const std::optional<Gcra> all = gcra(account_orders);
  if (!all) return check(account_orders, taken, refusal);
  const double share = budgets_.limits().renewal_reserve;
  const Gcra usual = without_reserve(*all, share);
  if (const auto next = usual.take(orders.full_at, now_)) {
    taken.push_back({account_orders, *next});
    return;
  }
  base::WallTime available = to_wall(usual.available_at(orders.full_at, now_));
  const std::optional<Gcra> reserve = reserve_of(*all, share);
  const bool may_use_reserve = urgency == Urgency::renewal || urgency == Urgency::charged_renewal;
  if (may_use_reserve && reserve) {
    const BudgetState kept = state(account_reserve);
    const auto from_all = all->take(orders.full_at, now_);
    const auto from_reserve = reserve->take(kept.full_at, now_);
    if (from_all && from_reserve) {
      taken.push_back({account_orders, *from_all});
      taken.push_back({account_reserve, *from_reserve});
      return;
    }
    available = std::min(available,
                         to_wall(std::max(all->available_at(orders.full_at, now_),
                                          reserve->available_at(kept.full_at, now_))));
  }
  note(account_orders, available, refusal);
}

/// A token is taken when an authorization fails; an order is placed only while there is one.
void BudgetDraft::check_failures(const base::DomainName& name,
                                 std::optional<BudgetRefusal>& refusal) {
  std::vector<Taken> not_taken;
  check({LimitKind::failed_authorizations, name.text()}, not_taken, refusal);
}

std::optional<BudgetRefusal> BudgetDraft::take(const OrderCharge& order) {
  if (order.exemption == Exemption::advised) return std::nullopt;
  std::vector<Taken> taken;
  std::optional<BudgetRefusal> refusal;
  for (const base::DomainName& name : order.names) check_failures(name, refusal);
  const BudgetKey set{LimitKind::certificates_per_set, set_key(order.names)};
  check(set, taken, refusal);
  if (order.role == CertificateRole::second) check_spare(set, refusal);
  if (order.exemption == Exemption::none) {
    for (const std::string& domain : domains_of(order.names)) {
      check({LimitKind::certificates_per_domain, domain}, taken, refusal);
    }
    // Last: a bucket of the names' own is what they have to be moved for.
    if (!refusal) check_new_order(order.urgency, taken, refusal);
  }
  if (refusal) return refusal;
  for (const Taken& one : taken) {
    BudgetState& after = changed_.try_emplace(one.key, state(one.key)).first->second;
    after.full_at = one.full_at;
  }
  return std::nullopt;
}

base::WallTime BudgetDraft::queue_up(const BudgetRefusal& refusal, const base::DomainName& name) {
  const base::WallTime now = to_wall(now_);
  const std::optional<Gcra> bucket = gcra(refusal.key);
  base::WallTime at = refusal.available;
  const bool is_shared = refusal.key.kind == LimitKind::certificates_per_domain ||
                         refusal.key.kind == LimitKind::new_orders;
  if (is_shared && bucket) {
    const BudgetState before = state(refusal.key);
    const BudgetTime end = std::max(before.queue_end, before.full_at);
    at = to_wall(bucket->available_at(end, now_));
    if (at <= now + longest_queue) {
      BudgetState& after = changed_.try_emplace(refusal.key, before).first->second;
      after.queue_end = std::max(end, now_) + bucket->interval;
    }
  }
  return at <= now + longest_queue ? at : now + late_return(name);
}

/// Takes tokens, or gives them back if `tokens` is negative, whether they are there or not.
void BudgetDraft::move(const BudgetKey& key, int tokens) {
  const std::optional<Gcra> bucket = gcra(key);
  const BudgetState before = state(key);
  if (!bucket || (tokens < 0 && before.full_at <= now_)) return;
  BudgetState& after = changed_.try_emplace(key, before).first->second;
  after.full_at = std::max(before.full_at, now_) + tokens * bucket->interval;
}

void BudgetDraft::give_back(std::span<const base::DomainName> names, Exemption exemption) {
  if (exemption == Exemption::advised || names.empty()) return;
  move({LimitKind::certificates_per_set, set_key(names)}, -1);
  if (exemption != Exemption::none) return;
  for (const std::string& domain : domains_of(names)) {
    move({LimitKind::certificates_per_domain, domain}, -1);
  }
}

void BudgetDraft::charge_failure(const base::DomainName& name) {
  move({LimitKind::failed_authorizations, name.text()}, 1);
}

void BudgetDraft::charge_lost_exemption(std::span<const base::DomainName> names, Exemption left) {
  if (left == Exemption::advised) return;
  move({LimitKind::certificates_per_set, set_key(names)}, 1);
  if (left == Exemption::same_set) return;
  for (const std::string& domain : domains_of(names)) {
    move({LimitKind::certificates_per_domain, domain}, 1);
  }
  move(account_orders, 1);
}

void BudgetDraft::refuse(std::span<const base::DomainName> names,
                         const std::optional<acme::RateLimitDetail>& detail,
                         base::WallTime until) {
  if (detail && detail->kind == acme::RateLimitKind::new_accounts) return;
  const BudgetKey key = detail ? key_of(*detail, names) : account_orders;
  BudgetState after = state(key);
  if (detail && detail->count && detail->period) {
    after.learned = RateLimit{*detail->count, *detail->period};
  }
  const std::optional<Gcra> bucket = gcra_of_state(budgets_.limits(), key, after);
  const BudgetTime empty = bucket ? bucket->empty_until(until) : BudgetTime(until);
  after.full_at = std::max(after.full_at, empty);
  changed_.insert_or_assign(key, after);
}

std::vector<BudgetEntry> BudgetDraft::entries() const {
  std::vector<BudgetEntry> entries;
  entries.reserve(changed_.size());
  for (const auto& [key, state] : changed_) entries.push_back({budgets_.authority(), key, state});
  return entries;
}

}  // namespace agent
