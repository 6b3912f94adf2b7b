#include "agent/planner/planner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/planner/registered_domain.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

/// What a probe of an authority may take: its other orders wait for it.
constexpr auto room_time = 30s;
/// A second certificate looks again for whether the first rests.
constexpr auto first_takes = 5min;
constexpr auto first_fails = 1h;

enum class Decision { leave, order, postpone, hold, let_first_go };

bool is_second(const DueHostname& due) {
  return due.hostname.role == CertificateRole::second;
}

/// Whether nothing is to be done for the first certificate of a second one's hostname, and it is
/// known which algorithm is the other one.
bool does_first_rest(const DueHostname& due, base::WallTime now) {
  if (!due.first || due.first->has_order || due.first->failures > 0) return false;
  if (due.first->next_attempt && *due.first->next_attempt <= now) return false;
  return due.first->certificate && due.first->certificate->key != KeyAlgorithm::unknown;
}

Decision decide(const DueHostname& due, const Policy& policy, base::WallTime now) {
  const Hostname& hostname = due.hostname;
  if (!is_ordered(hostname.mode) || !hostname.next_attempt) return Decision::leave;
  if (*hostname.next_attempt > now) return Decision::leave;
  if (is_second(due) && !does_first_rest(due, now)) return Decision::let_first_go;
  if (!due.certificate || hostname.renewal_requested) return Decision::order;
  if (due.certificate->renew_at > now) return Decision::postpone;
  const bool held = policy.renewals_held_until && now < *policy.renewals_held_until;
  return held ? Decision::hold : Decision::order;
}

/// Empty if nothing can be said to be replaced.
std::string replaced_by(const DueHostname& due, const AuthorityChoice& authority) {
  if (!due.certificate || authority.account.empty()) return {};
  // A hostname may leave a wildcard that goes on for others.
  const auto& names = due.certificate->names;
  if (std::find(names.begin(), names.end(), due.hostname.name) == names.end()) return {};
  const bool is_theirs =
      due.certificate->authority == authority.name && due.certificate->account == authority.account;
  return is_theirs ? due.certificate->cert_id : std::string();
}

bool are_same(std::vector<base::DomainName> one, std::vector<base::DomainName> other) {
  if (one.size() != other.size()) return false;
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  return one == other;
}

KeyAlgorithm key_of(const DueHostname& due, const Policy& policy) {
  if (is_second(due)) return other_than(due.first->certificate->key);
  const bool is_kept = policy.keys == Policy::Keys::two_types && due.certificate;
  return is_kept ? due.certificate->key : KeyAlgorithm::unknown;
}

/// The certificate that an order would renew, in the eyes of its authority: a second one is another
/// of the first's set.
const Certificate* predecessor(const DueHostname& due) {
  if (due.certificate) return &*due.certificate;
  return due.first && due.first->certificate ? &*due.first->certificate : nullptr;
}

/// What the authority does not count of a renewal (Boulder: ratelimits, 2026-08).
Exemption exemption_of(const NewOrder& order,
                       const DueHostname& due,
                       ExemptRenewals exempt,
                       base::WallTime now) {
  const Certificate* const before = predecessor(due);
  if (before == nullptr || exempt == ExemptRenewals::none) return Exemption::none;
  const std::optional<RenewalAdvice>& advice = before->advice;
  const bool is_advised = advice && advice->window_start <= now && now < advice->window_end;
  if (is_advised && !order.replaces.empty()) return Exemption::advised;
  const bool is_same = before->authority == order.authority && are_same(order.names, before->names);
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

std::vector<base::DomainName> take_out(std::vector<base::DomainName>& names, const BudgetKey& key) {
  const auto middle =
      std::stable_partition(names.begin(), names.end(), [&key](const base::DomainName& name) {
        return !falls_under(name, key);
      });
  std::vector<base::DomainName> out(middle, names.end());
  names.erase(middle, names.end());
  return out;
}

/// When the authority takes orders; not after `now` if at once.
base::WallTime opening(const AuthorityChoice& authority, base::WallTime now) {
  if (authority.paused_until && *authority.paused_until > now) return *authority.paused_until;
  return authority.room == 0U ? now + room_time : now;
}

base::WallTime opening_for(const DueHostname& due,
                           const AuthorityChoice& authority,
                           base::WallTime now) {
  base::WallTime at = opening(authority, now);
  for (const Refusal& refusal : due.refusals) {
    if (refusal.authority == authority.name) at = std::max(at, refusal.until);
  }
  return at;
}

const Budgets& budgets_of(const AuthorityChoice& authority) {
  static const Budgets unlimited("");
  return authority.budgets == nullptr ? unlimited : *authority.budgets;
}

/// Makes one plan.
class Planning {
 public:
  Planning(const Policy& policy, base::WallTime now)
      : policy_(policy), authorities_(policy.authorities), now_(now) {
    for (const AuthorityChoice& authority : authorities_) {
      drafts_.emplace_back(budgets_of(authority), now);
    }
  }

  Plan plan(std::span<const DueHostname> due) {
    for (const DueHostname& candidate : due) add(candidate);
    place_pack();
    for (const BudgetDraft& draft : drafts_) {
      const std::vector<BudgetEntry> entries = draft.entries();
      plan_.charges.insert(plan_.charges.end(), entries.begin(), entries.end());
    }
    return std::move(plan_);
  }

 private:
  using Names = std::vector<base::DomainName>;

  /// An authority that does not take the order now, and when it would.
  struct Opening {
    std::size_t authority = 0;
    base::WallTime at{};
    std::optional<BudgetRefusal> refusal = std::nullopt;  ///< by the account's bucket
  };

  void add(const DueHostname& due) {
    switch (decide(due, policy_, now_)) {
      case Decision::leave: break;
      case Decision::order: order(due); break;
      case Decision::postpone: postpone(due, due.hostname.name, due.certificate->renew_at); break;
      case Decision::let_first_go:
        postpone(due, due.hostname.name, now_ + time_for_first(due));
        break;
      case Decision::hold: wake_up_at(*policy_.renewals_held_until); break;
    }
  }

  static base::WallTime::duration time_for_first(const DueHostname& due) {
    const bool is_known =
        due.first && due.first->certificate && due.first->certificate->key != KeyAlgorithm::unknown;
    if (!is_known || due.first->failures > 0) return first_fails;
    return first_takes;
  }

  void postpone(const DueHostname& due, const base::DomainName& name, base::WallTime until) {
    plan_.postponed.push_back({name, until, Postponement::Wait::time, due.hostname.role});
  }

  void order(const DueHostname& due) {
    const bool has_failed = due.hostname.failures > 0 || !due.refusals.empty();
    if (is_second(due)) return order_second(due, has_failed);
    if (!due.certificate && !has_failed && policy_.names_per_certificate > 1) {
      pack_.push_back(due.hostname.name);
      if (pack_.size() >= policy_.names_per_certificate) place_pack();
      return;
    }
    if (due.certificate && !has_failed && !due.together.empty()) {
      if (renewed_.insert(due.certificate->id).second) place(due, due.together, 0);
      return;
    }
    place(due, {due.hostname.name}, 0);
  }

  /// Missing ones are ordered together by the first certificate that they share.
  void order_second(const DueHostname& due, bool has_failed) {
    if (has_failed || due.together.empty()) return place(due, {due.hostname.name}, 0);
    const CertificateId shared = predecessor(due)->id;
    if (renewed_.insert(shared).second) place(due, due.together, 0);
  }

  void place_pack() {
    if (pack_.empty()) return;
    const DueHostname first{Hostname{pack_.front()}};
    place(first, std::exchange(pack_, {}), 0);
  }

  /// At the first authority from `first` on that takes them now, or that they can wait for.
  void place(const DueHostname& due, Names names, std::size_t first) {
    if (plan_.orders.size() >= policy_.most_orders) return;
    const base::WallTime latest = now_ + slack(due, now_);
    std::optional<Opening> soonest;
    for (std::size_t i = first; i < drafts_.size(); ++i) {
      const std::optional<Opening> opening = try_at(i, due, names, latest);
      if (!opening) return;
      if (!soonest || opening->at < soonest->at || opening->at <= latest) soonest = opening;
      if (opening->at <= latest) break;
    }
    if (soonest) wait(due, names, *soonest);
  }

  /// nullopt if nothing is left to be placed. Names whose own bucket is empty leave `names`.
  std::optional<Opening> try_at(std::size_t i,
                                const DueHostname& due,
                                Names& names,
                                base::WallTime latest) {
    AuthorityChoice& authority = authorities_[i];
    const base::WallTime at = opening_for(due, authority, now_);
    if (at > now_) return Opening{i, at};
    const ExemptRenewals exempt = budgets_of(authority).limits().exempt_renewals;
    const Urgency turn = urgency(due.hostname);
    while (!names.empty()) {
      NewOrder order{authority.name, names, replaced_by(due, authority)};
      order.role = due.hostname.role;
      order.key = key_of(due, policy_);
      order.exemption = exemption_of(order, due, exempt, now_);
      const auto refusal = drafts_[i].take({names, turn, order.exemption, order.role});
      if (!refusal) {
        plan_.orders.push_back(std::move(order));
        if (authority.room) --*authority.room;
        return std::nullopt;
      }
      if (refusal->key.kind == LimitKind::new_orders) return account_opening(i, turn, *refusal);
      Names refused = take_out(names, refusal->key);
      const bool is_last = i + 1 == drafts_.size();
      if (is_last || refusal->available <= latest) {
        put_off(due, refused, i, *refusal);
      } else {
        place(due, std::move(refused), i + 1);
      }
    }
    return std::nullopt;
  }

  /// Those at the end of the queue wait longest; that decides for all of it.
  Opening account_opening(std::size_t i, Urgency turn, const BudgetRefusal& refusal) const {
    Opening opening{i, refusal.available, refusal};
    if (turn != Urgency::person_waits) return opening;
    const std::uint64_t names = policy_.names_per_certificate;
    const std::uint64_t orders = std::max<std::uint64_t>(1, (policy_.backlog + names - 1) / names);
    opening.at = budgets_of(authorities_[i]).opens_at(turn, now_, orders);
    opening.at = std::max(opening.at, refusal.available);
    return opening;
  }

  /// In nobody's way, if others take orders meanwhile.
  void wait(const DueHostname& due, const Names& names, const Opening& opening) {
    const bool is_charged = opening.refusal && urgency(due.hostname) == Urgency::renewal;
    if (opening.refusal && authorities_.size() > 1) {
      return put_off(due, names, opening.authority, *opening.refusal);
    }
    if (is_charged) {
      plan_.postponed.push_back({due.hostname.name,
                                 *due.hostname.next_attempt,
                                 Postponement::Wait::new_order_token,
                                 due.hostname.role});
    }
    if (opening.refusal) return wake_up_at(opening.refusal->available);
    if (!does_anyone_take_orders()) return wake_up_at(opening.at);
    for (const base::DomainName& name : names) postpone(due, name, opening.at);
  }

  bool does_anyone_take_orders() const {
    return std::any_of(authorities_.begin(), authorities_.end(), [this](const auto& authority) {
      return opening(authority, now_) == now_;
    });
  }

  void put_off(const DueHostname& due,
               const Names& names,
               std::size_t authority,
               const BudgetRefusal& refusal) {
    for (const base::DomainName& name : names) {
      postpone(due, name, drafts_[authority].queue_up(refusal, name));
    }
  }

  void wake_up_at(base::WallTime time) {
    plan_.wake_up = plan_.wake_up ? std::min(*plan_.wake_up, time) : time;
  }

  const Policy& policy_;
  std::vector<AuthorityChoice> authorities_;  ///< the policy's; their room gets less
  std::vector<BudgetDraft> drafts_;           ///< of the policy's authorities
  const base::WallTime now_;
  Plan plan_;
  Names pack_;  ///< of the next first certificate
  std::set<CertificateId> renewed_;
};

}  // namespace

base::WallTime::duration slack(const DueHostname& due, base::WallTime now) {
  if (!due.certificate || due.hostname.renewal_requested) {
    return is_second(due) ? first_fails : base::WallTime::duration(patience);
  }
  const Certificate& certificate = *due.certificate;
  const auto margin = (certificate.not_after - certificate.not_before) / near_expiry_part;
  return std::max<base::WallTime::duration>(0ms, certificate.not_after - margin - now);
}

Plan plan_orders(std::span<const DueHostname> due, const Policy& policy, base::WallTime now) {
  return Planning(policy, now).plan(due);
}

}  // namespace agent
