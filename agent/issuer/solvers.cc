#include "agent/issuer/solvers.h"

#include <utility>

namespace agent {
namespace {

using Answers = std::vector<acme::Answer>;

Answers of_kind(const Answers& answers, std::size_t kind) {
  Answers chosen;
  for (const acme::Answer& answer : answers) {
    if (answer.index() == kind) chosen.push_back(answer);
  }
  return chosen;
}

/// An order from before the configuration changed.
std::vector<acme::Subproblem> without_solver(const Answers& answers) {
  std::vector<acme::Subproblem> causes;
  for (const acme::Answer& answer : answers) {
    causes.push_back({acme::identifier_of(answer),
                      acme::Errc::present_failed,
                      "the configuration has nothing any more that could publish the answer"});
  }
  return causes;
}

}  // namespace

Solvers::Solvers(Parts parts)
    : solvers_{&parts.http, parts.tls_alpn, parts.txt, parts.standing_txt} {}

base::asio::awaitable<Solver::Outcome> Solvers::present(Answers answers) {
  std::vector<acme::Subproblem> causes;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    Answers chosen = of_kind(answers, kind);
    if (chosen.empty()) continue;
    std::vector<acme::Subproblem> failed;
    if (solvers_[kind] == nullptr) {
      failed = without_solver(chosen);
    } else {
      const Outcome outcome = co_await solvers_[kind]->present(std::move(chosen));
      if (!outcome) failed = outcome.error().subproblems;
    }
    causes.insert(causes.end(), failed.begin(), failed.end());
  }
  if (causes.empty()) co_return Outcome();
  acme::Error error = present_failure(std::move(causes));
  co_return base::Unexpected(std::move(error));
}

base::asio::awaitable<void> Solvers::clean_up(Answers answers) {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    Answers chosen = of_kind(answers, kind);
    if (chosen.empty() || solvers_[kind] == nullptr) continue;
    co_await solvers_[kind]->clean_up(std::move(chosen));
  }
}

}  // namespace agent
