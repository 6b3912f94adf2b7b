#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/model/hostname.h"
#include "agent/model/order.h"
#include "agent/planner/budgets.h"
#include "base/clock.h"

namespace agent {

/// What an authority may be given now.
struct AuthorityChoice {
  std::string name{};  ///< in the configuration
  /// Thumbprint of our account there, if the authority has renewal info (RFC 9773): the orders of
  /// its renewals say what they replace. Empty: none does.
  std::string account{};
  /// No new orders before; nullopt: it takes them now.
  std::optional<base::WallTime> paused_until = std::nullopt;
  const Budgets* budgets = nullptr;  ///< outlive the plan; nullptr: no limits
  /// How many it takes now, before it is asked again in half a minute; nullopt: any number.
  std::optional<std::size_t> room = std::nullopt;
};

/// What the operator has decided, and what the hour allows.
struct Policy {
  std::vector<AuthorityChoice> authorities{};  ///< at least one, in the order of fail-over
  /// Renewals that nobody asked for are not placed before (ClockWatch::held_until()).
  std::optional<base::WallTime> renewals_held_until = std::nullopt;
  std::size_t most_orders = SIZE_MAX;     ///< of one plan; what would be more stays due
  std::size_t names_per_certificate = 1;  ///< of first certificates; see pack_size()
  /// Hostnames that wait for their first certificate, as far as they are counted: how long the last
  /// of them waits decides whether another authority is better.
  std::uint64_t backlog = 1;
  /// Hostnames have certificates of both algorithms: a renewal keeps its own.
  enum class Keys { one_type, two_types } keys = Keys::one_type;
};

/// What to do about the hostnames that are due.
struct Plan {
  std::vector<NewOrder> orders{};         ///< for Store::create_orders()
  std::vector<BudgetEntry> charges{};     ///< to be stored with them, then for Budgets::apply()
  std::vector<Postponement> postponed{};  ///< for Store::postpone()
  /// When hostnames left as they are may be placed; nullopt if there are none. Until then these
  /// stay due, so asking the store at once again would only bring them once more.
  std::optional<base::WallTime> wake_up = std::nullopt;

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// A person who waits for so long has been told that it takes minutes.
inline constexpr std::chrono::minutes patience{5};

/// How long a hostname can wait for its authority before another one is better: until 1/12 of its
/// certificate's lifetime is left, which is half of what renewals leave at least
/// (renewal_time_by_advice()); five minutes if a person waits, that is without a certificate or if
/// the renewal was asked for.
base::WallTime::duration slack(const DueHostname& due, base::WallTime now);

/// Decides on hostnames as Store::due_hostnames() gives them. A hostname without a certificate, one
/// whose renewal was asked for and one whose renew_at has come gets an order; one that is due too
/// early is put off until renew_at; mode off gets nothing.
///
/// Names: first certificates take `names_per_certificate` in the order of `due`; names that share a
/// certificate are renewed together; a name whose last order failed is ordered alone, so that it
/// fails no other.
///
/// The order goes to the first authority that takes it now; one that is paused is passed over only
/// if its pause is longer than the hostname's slack(). A hostname that waits for an authority is
/// put off until then if another one takes orders meanwhile, so that it is in nobody's way, and
/// left as it is if none does. To a hostname that an authority has refused (DueHostname::refusals)
/// it is paused until then. The order says what it replaces if that came from the same account
/// at the same authority (RFC 9773 §5).
///
/// A second certificate is ordered for the same names as the first, so that authorities which count
/// exact sets see one more of the same set; and only while the first rests: not while that is due,
/// has an open order or has failed. Until then it is put off.
///
/// Budgets: every order has its tokens. Names whose own bucket is empty are put off until they find
/// a token there. While the account's bucket is empty, hostnames stay as they are (see
/// due_queries()); a renewal that is not exempt is moved to those that wait for it, once. Pure.
Plan plan_orders(std::span<const DueHostname> due, const Policy& policy, base::WallTime now);

}  // namespace agent
