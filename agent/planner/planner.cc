#include "agent/planner/planner.h"

namespace agent {
namespace {

enum class Decision { leave, order, postpone, hold };

Decision decide(const DueHostname& due, const Policy& policy, base::WallTime now) {
  const Hostname& hostname = due.hostname;
  if (hostname.mode == HostnameMode::off || !hostname.next_attempt) return Decision::leave;
  if (*hostname.next_attempt > now) return Decision::leave;
  if (!due.certificate || hostname.renewal_requested) return Decision::order;
  if (due.certificate->renew_at > now) return Decision::postpone;
  const bool held = policy.renewals_held_until && now < *policy.renewals_held_until;
  return held ? Decision::hold : Decision::order;
}

/// Empty if nothing can be said to be replaced.
std::string replaced_by(const DueHostname& due, const Policy& policy) {
  if (!due.certificate || policy.account.empty()) return {};
  const bool is_theirs =
      due.certificate->authority == policy.authority && due.certificate->account == policy.account;
  return is_theirs ? due.certificate->cert_id : std::string();
}

}  // namespace

Plan plan_orders(std::span<const DueHostname> due, const Policy& policy, base::WallTime now) {
  Plan plan;
  for (const DueHostname& candidate : due) {
    const base::DomainName& name = candidate.hostname.name;
    switch (decide(candidate, policy, now)) {
      case Decision::leave: break;
      case Decision::order:
        plan.orders.push_back({policy.authority, {name}, replaced_by(candidate, policy)});
        break;
      case Decision::postpone:
        plan.postponed.push_back({name, candidate.certificate->renew_at});
        break;
      case Decision::hold: plan.wake_up = policy.renewals_held_until; break;
    }
  }
  return plan;
}

}  // namespace agent
