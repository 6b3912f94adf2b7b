#include "agent/issuer/order_verdict.h"

#include <algorithm>

#include "acme/owner_hint.h"
#include "acme/rate_limit_detail.h"
#include "acme/retry_advice.h"
#include "agent/planner/retry_time.h"

namespace agent {
namespace {

/// As long as an unknown limit is waited for.
constexpr std::chrono::minutes usual_wait{10};

std::string with_hint(std::string text, acme::Errc code) {
  const std::string_view hint = acme::owner_hint(code);
  if (!hint.empty()) text.append(". ").append(hint);
  return text;
}

struct Verdict {
  base::WallTime next_attempt{};
  bool parked = false;
};

Verdict verdict_on(const OrderRecord& order,
                   const acme::Advice& advice,
                   bool is_delay_theirs,
                   base::WallTime now,
                   double jitter) {
  Verdict verdict;
  const std::uint32_t failures = order.failures + 1;
  const bool needs_a_person = advice.action == acme::RetryAction::park ||
                              advice.action == acme::RetryAction::switch_authority;
  const bool is_lost = is_hopeless(order.failing_since, now);
  verdict.parked = needs_a_person || is_lost;
  std::optional<std::chrono::seconds> delay;
  if (is_delay_theirs || needs_a_person) delay = advice.delay;
  if (is_lost) delay = hopeless_recheck;
  verdict.next_attempt = next_attempt_after_failure(failures, delay, now, jitter);
  return verdict;
}

std::vector<NameFailure> blamed_names(const OrderRecord& order,
                                      const acme::Error& error,
                                      base::WallTime now,
                                      double jitter) {
  std::vector<NameFailure> blamed;
  if (order.names.size() < 2) return blamed;
  for (const acme::Subproblem& problem : error.subproblems) {
    if (!problem.identifier) continue;
    const auto name = std::find_if(order.names.begin(), order.names.end(), [&](const auto& one) {
      return one.text() == problem.identifier->value() || one.bare() == problem.identifier->value();
    });
    if (name == order.names.end()) continue;
    const bool is_known = std::any_of(
        blamed.begin(), blamed.end(), [&](const NameFailure& one) { return one.name == *name; });
    if (is_known) continue;
    const Verdict verdict =
        verdict_on(order, acme::retry_advice(problem, error.origin), false, now, jitter);
    std::string text = acme::make_error_code(problem.code).message();
    if (!problem.detail.empty()) text.append(": ").append(problem.detail);
    blamed.push_back(
        {*name, with_hint(std::move(text), problem.code), verdict.next_attempt, verdict.parked});
  }
  return blamed;
}

void note_limit(BudgetDraft& draft,
                const OrderRecord& order,
                const acme::Error& error,
                base::WallTime until) {
  if (error.code != acme::Errc::rate_limited || error.http_status != 429) return;
  draft.refuse(order.names, acme::parse_rate_limit_detail(error.detail), until);
}

bool is_of_challenge(const acme::Error& error) {
  return error.origin == acme::Origin::challenge;
}

}  // namespace

OrderFailure judge_failure(const OrderRecord& order,
                           const acme::Error& error,
                           const acme::Advice& advice,
                           base::WallTime now,
                           double jitter) {
  const Verdict verdict = verdict_on(order, advice, error.retry_after.has_value(), now, jitter);
  OrderFailure failure{
      with_hint(acme::describe(error), error.code), verdict.next_attempt, verdict.parked};
  failure.names = blamed_names(order, error, now, jitter);
  const bool is_one_of_them = order.names.size() > 1 && failure.names.empty() &&
                              advice.scope == acme::RetryScope::identifiers;
  if (is_one_of_them) {  // a name that has failed is ordered alone: then it shows which
    failure.next_attempt = now;
    failure.parked = false;
  }
  return failure;
}

std::vector<BudgetEntry> charge_failure(const Budgets& budgets,
                                        const OrderRecord& order,
                                        const acme::Error& error,
                                        base::WallTime now) {
  BudgetDraft draft(budgets, now);
  draft.give_back(order.names, order.exemption);
  const std::vector<NameFailure> blamed = blamed_names(order, error, now, 0);
  if (is_of_challenge(error) && order.names.size() == 1) draft.charge_failure(order.names.front());
  for (const NameFailure& one : blamed) {
    if (is_of_challenge(error)) draft.charge_failure(one.name);
  }
  note_limit(draft, order, error, now + error.retry_after.value_or(usual_wait));
  return draft.entries();
}

std::vector<BudgetEntry> charge_suspension(const Budgets& budgets,
                                           const OrderRecord& order,
                                           const acme::Error& reason,
                                           base::WallTime until,
                                           base::WallTime now) {
  BudgetDraft draft(budgets, now);
  note_limit(draft, order, reason, until);
  return draft.entries();
}

}  // namespace agent
