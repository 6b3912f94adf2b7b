#include "agent/simulation/model_ca.h"

#include <algorithm>

namespace agent {
namespace {

/// How far Boulder looks back for a certificate of the same set.
constexpr std::int64_t look_back = 120LL * 24 * 3600 * 1'000'000;

std::int64_t microseconds_of(base::WallTime time) {
  return std::chrono::microseconds(time.time_since_epoch()).count();
}

/// The theoretical arrival time after one more, as the reference has it: next = max(now, tat) + T.
std::int64_t after_one(const RateLimit& limit, std::int64_t tat, std::int64_t now) {
  const std::int64_t period = std::chrono::microseconds(limit.period).count();
  return std::max(now, tat) + period / limit.count;
}

/// How long until one more is allowed: next - now <= B * T; 0 if it is.
std::int64_t wait_for_one(const std::optional<RateLimit>& limit,
                          std::int64_t tat,
                          std::int64_t now) {
  if (!limit) return 0;
  const std::int64_t period = std::chrono::microseconds(limit->period).count();
  const std::int64_t burst = period / limit->count * limit->count;
  return std::max<std::int64_t>(0, after_one(*limit, tat, now) - now - burst);
}

std::int64_t find(const std::unordered_map<std::string, std::int64_t>& times,
                  const std::string& key) {
  const auto found = times.find(key);
  return found == times.end() ? 0 : found->second;
}

}  // namespace

std::string ModelCa::set_of(const Order& order) {
  std::string set;
  for (const std::string& name : order.names) set.append(name).append(" ");
  return set;
}

bool ModelCa::is_advised(const Order& order, base::WallTime now) const {
  return limits_.exempt_renewals != ExemptRenewals::none && order.window_start &&
         *order.window_start <= now && now < *order.window_end;
}

std::optional<base::WallTime> ModelCa::new_order(const Order& order, base::WallTime now) {
  if (is_advised(order, now)) return std::nullopt;
  const std::int64_t at = microseconds_of(now);
  const std::string set = set_of(order);
  const std::int64_t last = find(issued_, set);
  const bool is_renewal = limits_.exempt_renewals == ExemptRenewals::advised_or_same_set &&
                          last > 0 && at - last <= look_back;
  std::int64_t wait = wait_for_one(limits_.certificates_per_set, find(sets_, set), at);
  for (const std::string& name : order.names) {
    wait = std::max(wait, wait_for_one(limits_.failed_authorizations, find(failures_, name), at));
  }
  if (!is_renewal) {
    wait = std::max(wait, wait_for_one(limits_.new_orders, orders_, at));
    for (const std::string& domain : order.domains) {
      wait =
          std::max(wait, wait_for_one(limits_.certificates_per_domain, find(domains_, domain), at));
    }
  }
  if (wait > 0) {
    ++refusals_;
    return now + std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(wait));
  }
  if (!is_renewal) {
    ++charged_orders_;
    if (limits_.new_orders) orders_ = after_one(*limits_.new_orders, orders_, at);
  }
  return std::nullopt;
}

/// Certificates count when they are issued.
void ModelCa::issue(const Order& order, base::WallTime now) {
  const std::int64_t at = microseconds_of(now);
  std::string set = set_of(order);
  const bool is_first = !issued_.contains(set);
  if (limits_.certificates_per_set && !is_advised(order, now)) {
    std::int64_t& tat = sets_[set];
    tat = after_one(*limits_.certificates_per_set, tat, at);
  }
  if (limits_.certificates_per_domain && is_first) {
    for (const std::string& domain : order.domains) {
      std::int64_t& tat = domains_[domain];
      tat = after_one(*limits_.certificates_per_domain, tat, at);
    }
  }
  issued_[std::move(set)] = at;
}

void ModelCa::fail_authorization(const std::string& name, base::WallTime now) {
  if (!limits_.failed_authorizations) return;
  std::int64_t& tat = failures_[name];
  tat = after_one(*limits_.failed_authorizations, tat, microseconds_of(now));
}

}  // namespace agent
