#pragma once

#include <vector>

#include "acme/error.h"
#include "acme/retry_advice.h"
#include "agent/model/order.h"
#include "agent/planner/budgets.h"
#include "agent/store/store.h"
#include "base/clock.h"

namespace agent {

/// What follows for the names of an order from the error that it failed with: the names that the
/// error blames fail, each with its own reason, and the others are ordered again at once; if it
/// blames none of several names, all fail, and are ordered at once, each alone. The failure and the
/// time of the next attempt are for the owner of the name. `advice`: on the error as a whole.
/// `jitter` is uniform in [0, 1). Pure.
OrderFailure judge_failure(const OrderRecord& order,
                           const acme::Error& error,
                           const acme::Advice& advice,
                           base::WallTime now,
                           double jitter);

/// What the same means for the budgets of the authority: gives back what only certificates count
/// for, counts failed authorizations, and keeps to a limit that the authority has named. Pure.
std::vector<BudgetEntry> charge_failure(const Budgets& budgets,
                                        const OrderRecord& order,
                                        const acme::Error& error,
                                        base::WallTime now);

/// The order goes on at `until`: only a limit that the authority has named changes budgets. Pure.
std::vector<BudgetEntry> charge_suspension(const Budgets& budgets,
                                           const OrderRecord& order,
                                           const acme::Error& reason,
                                           base::WallTime until,
                                           base::WallTime now);

}  // namespace agent
