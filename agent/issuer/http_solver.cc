#include "agent/issuer/http_solver.h"

#include <utility>

namespace agent {

base::asio::awaitable<Solver::Outcome> HttpSolver::present(std::vector<acme::Answer> answers) {
  std::vector<acme::Subproblem> causes;
  for (const acme::Answer& answer : answers) {
    const auto& http = std::get<acme::HttpAnswer>(answer);
    const auto published =
        lookup_.publish_challenge(http.token.text(), http.key_authorization.value());
    if (published) continue;
    causes.push_back({http.identifier, acme::Errc::present_failed, published.error().message()});
  }
  if (causes.empty()) co_return Outcome();
  acme::Error error = present_failure(std::move(causes));
  co_return base::Unexpected(std::move(error));
}

base::asio::awaitable<void> HttpSolver::clean_up(std::vector<acme::Answer> answers) {
  for (const acme::Answer& answer : answers) {
    lookup_.withdraw_challenge(std::get<acme::HttpAnswer>(answer).token.text());
  }
  co_return;
}

}  // namespace agent
