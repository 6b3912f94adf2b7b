#pragma once

#include <chrono>
#include <string_view>

#include "acme/error.h"

namespace acme {

/// What to do about an Error.
enum class RetryAction {
  now,      ///< the same again at once; or nothing is wrong
  reread,   ///< read the order again in `delay`, and go on from its status
  wait,     ///< the authority wants us to wait `delay`; no failure of any name
  server,   ///< the authority or the network is in trouble: back off from it, `delay` at first (see
            ///< server_backoff)
  backoff,  ///< the identifiers failed: try them again, `delay` at first (see identifier_backoff)
  split,    ///< drop the identifiers of `subproblems`, order the rest at once
  park,     ///< stop until configuration, DNS or an operator changes something; `delay` is when a
            ///< look may be worth it all the same
  switch_authority,  ///< this authority will not have the identifiers, another may: order there;
                     ///< park if there is none
  new_order,         ///< what was asked for is gone: place another order, once
  new_key,           ///< make another key once, then park
  check_account,     ///< the account may be deactivated: ask for it; park everything if it is
  accept,            ///< what we wanted is already so
};

/// What the action is about.
enum class RetryScope { order, identifiers, registered_domain, account, authority };

struct Advice {
  RetryAction action;
  RetryScope scope;
  std::chrono::seconds delay{0};
  /// Whether another authority may do better meanwhile.
  enum class Elsewhere { useless, worth_trying } elsewhere = Elsewhere::useless;
  /// A human should know.
  enum class Alarm { none, operator_needed } alarm = Alarm::none;
  friend bool operator==(const Advice&, const Advice&) = default;
};

/// The one decision on retries. A Retry-After becomes `delay`, at most 7 days.
Advice retry_advice(const Error& error);

/// The same for one identifier of an order that failed as a whole.
Advice retry_advice(const Subproblem& subproblem, Origin origin);

/// Delay after the n-th fault of an authority in a row (n ≥ 1), without jitter: 5 s doubling to
/// 15 min.
std::chrono::seconds server_backoff(int faults_in_a_row);

/// Delay after the n-th failure of a set of identifiers in a row (n ≥ 1), without jitter: 1 min,
/// 10 min, 100 min, then a day.
std::chrono::seconds identifier_backoff(int failures_in_a_row);

/// `backoff`, for logs.
std::string_view name_of(RetryAction action);

}  // namespace acme
