#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "acme/rate_limit_detail.h"
#include "agent/model/hostname.h"
#include "agent/model/limits.h"
#include "agent/planner/gcra.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

struct BudgetKeyHash {
  std::size_t operator()(const BudgetKey& key) const {
    return std::hash<std::string>{}(key.subject) * 31 + static_cast<std::size_t>(key.kind);
  }
};
using BudgetStates = std::unordered_map<BudgetKey, BudgetState, BudgetKeyHash>;

/// What is left of one authority's limits. Only buckets that are not full take memory. A value; the
/// store has the truth (Store::budgets()), a BudgetDraft makes the changes.
class Budgets {
 public:
  explicit Budgets(std::string authority, AuthorityLimits limits = {});

  const std::string& authority() const { return authority_; }
  const AuthorityLimits& limits() const { return limits_; }
  /// The configuration has changed; what was used up and what the authority has told stays.
  void set_limits(AuthorityLimits limits) { limits_ = limits; }

  /// Takes stored entries over; those of other authorities are skipped.
  void apply(std::span<const BudgetEntry> entries, base::WallTime now);

  /// The state of a full bucket if there is none.
  BudgetState state(const BudgetKey& key) const;

  /// When an order of this urgency finds the account's `tokens`-th token from now on; `now` if it
  /// is there. Renewals may be exempt, hence find it always. So a whole class of waiting hostnames
  /// waits by this one instant, and none of them is looked at before.
  base::WallTime opens_at(Urgency urgency, base::WallTime now, std::uint64_t tokens = 1) const;

  /// How many orders of this urgency find a token now; a million if there is no limit.
  std::uint64_t tokens(Urgency urgency, base::WallTime now) const;

  std::size_t size() const { return states_.size(); }

 private:
  void forget_idle(base::WallTime now);

  std::string authority_;
  AuthorityLimits limits_;
  BudgetStates states_;
  std::size_t forget_above_;
};

/// What to ask the store for while `orders` may be placed, with `names` in each: only what finds a
/// token, so that however many wait for one, none of them is read. In the order of their turns.
/// REQUIRES: `budgets` are of the authorities that take orders now; nullptr: without limits.
std::vector<DueQuery> due_queries(std::span<const Budgets* const> budgets,
                                  std::size_t orders,
                                  std::size_t names,
                                  base::WallTime now);

/// Why an order cannot be placed now.
struct BudgetRefusal {
  BudgetKey key{};
  base::WallTime available{};  ///< when the bucket has a token, if nobody else takes it
};

/// What an order takes: all that the planner knows of it.
struct OrderCharge {
  std::span<const base::DomainName> names;
  Urgency urgency = Urgency::person_waits;
  Exemption exemption = Exemption::none;
  /// A second certificate leaves the first one a token of their set.
  CertificateRole role = CertificateRole::first;
};

/// Changes to Budgets, all of one instant, to be stored before they count. REQUIRES: the Budgets
/// outlive it and do not change meanwhile.
class BudgetDraft {
 public:
  BudgetDraft(const Budgets& budgets, base::WallTime now);

  /// Takes one token of each limit that the order falls under; or none, and says which one is empty
  /// (the longest, if it is several).
  std::optional<BudgetRefusal> take(const OrderCharge& order);

  /// When a name that was refused is to come back: behind all that were refused by the same bucket
  /// before, so that each finds its token; after a week at the latest.
  base::WallTime queue_up(const BudgetRefusal& refusal, const base::DomainName& name);

  /// The order ended without a certificate: gives back what only certificates count for.
  void give_back(std::span<const base::DomainName> names, Exemption exemption);
  /// An authorization for the name has failed.
  void charge_failure(const base::DomainName& name);
  /// An order that was to be exempt as advised has only this exemption: takes the tokens that it
  /// then costs, whether they are there or not.
  void charge_lost_exemption(std::span<const base::DomainName> names, Exemption left);

  /// The authority has refused an order for `names` by a limit, to be asked again at `until`.
  /// `detail`: its words (nullopt: the whole account's limit).
  void refuse(std::span<const base::DomainName> names,
              const std::optional<acme::RateLimitDetail>& detail,
              base::WallTime until);

  /// What has changed, for Store::create_orders() and then Budgets::apply().
  std::vector<BudgetEntry> entries() const;

 private:
  struct Taken;
  BudgetState state(const BudgetKey& key) const;
  std::optional<Gcra> gcra(const BudgetKey& key) const;
  void check(const BudgetKey& key,
             std::vector<Taken>& taken,
             std::optional<BudgetRefusal>& refusal);
  void check_spare(const BudgetKey& key, std::optional<BudgetRefusal>& refusal) const;
  void check_new_order(Urgency urgency,
                       std::vector<Taken>& taken,
                       std::optional<BudgetRefusal>& refusal);
  void check_failures(const base::DomainName& name, std::optional<BudgetRefusal>& refusal);
  void move(const BudgetKey& key, int tokens);

  const Budgets& budgets_;
  const BudgetTime now_;
  BudgetStates changed_;
};

}  // namespace agent
