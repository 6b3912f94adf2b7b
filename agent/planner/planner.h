#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/model/hostname.h"
#include "agent/model/order.h"
#include "agent/planner/budgets.h"
#include "base/clock.h"

namespace agent {

/// What the operator has decided, and what the hour allows.
struct Policy {
  std::string authority{};  ///< name in the configuration; all orders go there
  /// Thumbprint of our account there, if the authority has renewal info (RFC 9773): the orders of
  /// its renewals say what they replace. Empty: none does.
  std::string account{};
  /// Renewals that nobody asked for are not placed before (ClockWatch::held_until()).
  std::optional<base::WallTime> renewals_held_until = std::nullopt;
  std::size_t names_per_certificate = 1;  ///< of first certificates; see pack_size()
};

/// What to do about the hostnames that are due.
struct Plan {
  std::vector<NewOrder> orders{};         ///< for Store::create_orders(), in the order of `due`
  std::vector<BudgetEntry> charges{};     ///< to be stored with them, then for Budgets::apply()
  std::vector<Postponement> postponed{};  ///< for Store::postpone()
  /// When hostnames left as they are may be placed; nullopt if there are none. Until then these
  /// stay due, so asking the store at once again would only bring them once more.
  std::optional<base::WallTime> wake_up = std::nullopt;

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// Decides on hostnames as Store::due_hostnames() gives them. A hostname without a certificate, one
/// whose renewal was asked for and one whose renew_at has come gets an order; one that is due too
/// early is put off until renew_at; mode off gets nothing. The order says what it replaces if that
/// came from the same account at the same authority (RFC 9773 §5).
///
/// Names: first certificates take `names_per_certificate` in the order of `due`; names that share a
/// certificate are renewed together; a name whose last order failed is ordered alone, so that it
/// fails no other.
///
/// Budgets: every order has its tokens. Names whose own bucket is empty are put off until they find
/// a token there. While the account's bucket is empty, hostnames stay as they are (see
/// Budgets::opens_at()); a renewal that is not exempt is moved to those that wait for it, once.
/// Pure.
Plan plan_orders(std::span<const DueHostname> due,
                 const Policy& policy,
                 const Budgets& budgets,
                 base::WallTime now);

}  // namespace agent
