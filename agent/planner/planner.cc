#include "agent/planner/planner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/planner/registered_domain.h"

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

bool are_same(std::vector<base::DomainName> one, std::vector<base::DomainName> other) {
  if (one.size() != other.size()) return false;
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  return one == other;
}

/// What the authority does not count of a renewal (Boulder: ratelimits, 2026-08).
Exemption exemption_of(const NewOrder& order,
                       const DueHostname& due,
                       ExemptRenewals exempt,
                       base::WallTime now) {
  if (!due.certificate || exempt == ExemptRenewals::none) return Exemption::none;
  const std::optional<RenewalAdvice>& advice = due.certificate->advice;
  const bool is_advised = advice && advice->window_start <= now && now < advice->window_end;
  if (is_advised && !order.replaces.empty()) return Exemption::advised;
  const bool is_same = due.certificate->authority == order.authority &&
                       are_same(order.names, due.certificate->names);
  if (exempt == ExemptRenewals::advised_or_same_set && is_same) return Exemption::same_set;
  return Exemption::none;
}

bool falls_under(const base::DomainName& name, const BudgetKey& key) {
  switch (key.kind) {
    case LimitKind::certificates_per_domain: return registered_domain(name) == key.subject;
    case LimitKind::failed_authorizations: return name.text() == key.subject;
    case LimitKind::certificates_per_set:
    case LimitKind::new_orders:
    case LimitKind::renewal_reserve: return true;
  }
  return true;
}

/// Makes one plan.
class Planning {
 public:
  Planning(const Policy& policy, const Budgets& budgets, base::WallTime now)
      : policy_(policy), budgets_(budgets), draft_(budgets, now), now_(now) {}

  Plan plan(std::span<const DueHostname> due) {
    for (const DueHostname& candidate : due) add(candidate);
    place_pack();
    plan_.charges = draft_.entries();
    return std::move(plan_);
  }

 private:
  void add(const DueHostname& due) {
    switch (decide(due, policy_, now_)) {
      case Decision::leave: break;
      case Decision::order: order(due); break;
      case Decision::postpone:
        plan_.postponed.push_back({due.hostname.name, due.certificate->renew_at});
        break;
      case Decision::hold: wake_up_at(*policy_.renewals_held_until); break;
    }
  }

  void order(const DueHostname& due) {
    const bool has_failed = due.hostname.failures > 0;
    if (!due.certificate && !has_failed && policy_.names_per_certificate > 1) {
      pack_.push_back(due.hostname.name);
      if (pack_.size() >= policy_.names_per_certificate) place_pack();
      return;
    }
    if (due.certificate && !has_failed && !due.together.empty()) {
      if (renewed_.insert(due.certificate->id).second) place(due, due.together);
      return;
    }
    place(due, {due.hostname.name});
  }

  void place_pack() {
    if (pack_.empty()) return;
    const DueHostname first{Hostname{pack_.front()}};
    place(first, std::exchange(pack_, {}));
  }

  /// Without the names whose own bucket is empty; nothing while the account's is.
  void place(const DueHostname& due, std::vector<base::DomainName> names) {
    const Urgency turn = urgency(due.hostname);
    while (!names.empty()) {
      NewOrder order{policy_.authority, names, replaced_by(due, policy_)};
      order.exemption = exemption_of(order, due, budgets_.limits().exempt_renewals, now_);
      const auto refusal = draft_.take({names, turn, order.exemption});
      if (!refusal) {
        plan_.orders.push_back(std::move(order));
        return;
      }
      if (refusal->key.kind == LimitKind::new_orders) return wait_for_token(due, turn, *refusal);
      put_off(names, *refusal);
    }
  }

  void wait_for_token(const DueHostname& due, Urgency turn, const BudgetRefusal& refusal) {
    wake_up_at(refusal.available);
    if (turn != Urgency::renewal) return;
    plan_.postponed.push_back(
        {due.hostname.name, *due.hostname.next_attempt, Postponement::Wait::new_order_token});
  }

  /// Takes the names that fall under the refusal out of `names`.
  void put_off(std::vector<base::DomainName>& names, const BudgetRefusal& refusal) {
    std::erase_if(names, [&](const base::DomainName& name) {
      if (!falls_under(name, refusal.key)) return false;
      plan_.postponed.push_back({name, draft_.queue_up(refusal, name)});
      return true;
    });
  }

  void wake_up_at(base::WallTime time) {
    plan_.wake_up = plan_.wake_up ? std::min(*plan_.wake_up, time) : time;
  }

  const Policy& policy_;
  const Budgets& budgets_;
  BudgetDraft draft_;
  const base::WallTime now_;
  Plan plan_;
  std::vector<base::DomainName> pack_;  ///< names of the next first certificate
  std::set<CertificateId> renewed_;
};

}  // namespace

Plan plan_orders(std::span<const DueHostname> due,
                 const Policy& policy,
                 const Budgets& budgets,
                 base::WallTime now) {
  return Planning(policy, budgets, now).plan(due);
}

}  // namespace agent
