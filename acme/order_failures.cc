#include <algorithm>
#include <utility>

#include "acme/order_run.h"
#include "acme/order_schedule.h"
#include "acme/retry_advice.h"

namespace acme {
namespace {

// Bounds against an authority that keeps us going round in circles.
constexpr int max_orders_placed = 2;
constexpr int max_keys_made = 2;
constexpr int max_rereads = 5;
constexpr int max_bad_responses = 100;  // a day, at the longest backoff

/// The code of a whole order whose identifiers failed for these reasons.
Errc common_code(const std::vector<Subproblem>& failures) {
  const bool agree =
      std::all_of(failures.begin(), failures.end(), [&failures](const Subproblem& f) {
        return f.code == failures.front().code;
      });
  return agree ? failures.front().code : Errc::compound;
}

}  // namespace

Action OrderRun::find_failure() {
  progress_.next_authorization = 0;
  progress_.failures.clear();
  return find_next_failure();
}

Action OrderRun::find_next_failure() {
  if (progress_.next_authorization >= progress_.authorizations.size()) return conclude_failures();
  progress_.step = OrderStep::find_failure;
  return Post{progress_.authorizations[progress_.next_authorization++], {}};
}

Action OrderRun::on_failed_authorization(const Response& response) {
  const auto authorization = parse_authorization(response.http.body, response.url);
  // What cannot be read is not the reason; the order's own error remains.
  if (authorization && authorization->status != AuthorizationStatus::valid &&
      authorization->status != AuthorizationStatus::pending) {
    progress_.failures.push_back(failure_of(*authorization));
  }
  return find_next_failure();
}

Action OrderRun::conclude_failures() {
  std::vector<Subproblem> causes = progress_.failures;
  std::erase_if(causes, [](const Subproblem& s) { return s.code == Errc::authorization_lost; });
  if (!causes.empty()) {
    const Errc code = common_code(causes);
    const bool is_ours = code == Errc::no_usable_challenge;
    return fail({.code = code,
                 .origin = is_ours ? Origin::local : Origin::challenge,
                 .context = order_context(),
                 .detail = {},
                 .subproblems = std::move(causes)});
  }
  if (progress_.order_error) return fail(with_context(order_context(), *progress_.order_error));
  return lose_order({.code = Errc::order_lost,
                     .origin = Origin::order,
                     .context = order_context(),
                     .detail = "it is invalid and does not say why",
                     .subproblems = progress_.failures});
}

Action OrderRun::lose_order(Error error) {
  if (record_.orders_placed >= max_orders_placed) return fail(std::move(error));
  record_.order_url = std::nullopt;
  progress_ = {};
  return go_on();
}

Action OrderRun::on_error(const Error& plain) {
  Error error = with_context(step_context(), plain);
  if (error.code == Errc::cancelled) return suspend(milliseconds(0), std::move(error));
  if (progress_.step == OrderStep::clean_up) return on_cleaned_up();
  if (is_replaces_refused_by(error)) return place_without_replaces();
  const Advice advice = retry_advice(error);
  switch (advice.action) {
    case RetryAction::server: return on_fault(advice, std::move(error));
    case RetryAction::wait:
      return suspend(spread(advice.delay, record_.jitter_seed, 0), std::move(error));
    case RetryAction::reread: return reread(advice, std::move(error));
    case RetryAction::new_order:
      if (progress_.step == OrderStep::find_failure) return find_next_failure();
      return record_.order_url ? lose_order(std::move(error)) : fail(std::move(error));
    case RetryAction::new_key: return on_refused_key(std::move(error));
    case RetryAction::now:
    case RetryAction::backoff:
    case RetryAction::split:
    case RetryAction::park:
    case RetryAction::switch_authority:
    case RetryAction::check_account:
    case RetryAction::accept: return on_refusal(advice, std::move(error));
  }
  return fail(std::move(error));
}

Action OrderRun::on_fault(const Advice& advice, Error error) {
  ++record_.faults_in_a_row;
  if (error.code == Errc::bad_response && record_.faults_in_a_row > max_bad_responses) {
    return fail(std::move(error));
  }
  const seconds delay = error.retry_after ? advice.delay : server_backoff(record_.faults_in_a_row);
  return suspend(spread(delay, record_.jitter_seed, record_.faults_in_a_row), std::move(error));
}

Action OrderRun::reread(const Advice& advice, Error error) {
  if (!record_.order_url) return on_fault(advice, std::move(error));
  if (++progress_.rereads > max_rereads) return fail(std::move(error));
  progress_.step = OrderStep::poll;
  return Wait{now_ + advice.delay};
}

Action OrderRun::on_refused_key(Error error) {
  if (record_.keys_made >= max_keys_made) return fail(std::move(error));
  record_.private_key_pem.clear();
  record_.csr.clear();
  progress_ = {};
  return go_on();
}

Action OrderRun::on_refusal(const Advice& advice, Error error) {
  // A challenge that was judged meanwhile takes no response; the order tells how it went.
  if (progress_.step == OrderStep::respond) return reread(advice_to_look(), std::move(error));
  if (progress_.step == OrderStep::find_failure && advice.action == RetryAction::backoff) {
    return find_next_failure();
  }
  return fail(std::move(error));
}

Advice OrderRun::advice_to_look() {
  return {RetryAction::reread, RetryScope::order, seconds(1)};
}

Action OrderRun::suspend(milliseconds delay, Error reason) {
  progress_ = {};
  progress_.step = OrderStep::suspended;
  return Suspend{now_ + delay, std::move(reason)};
}

}  // namespace acme
