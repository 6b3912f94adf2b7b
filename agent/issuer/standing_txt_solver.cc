#include "agent/issuer/standing_txt_solver.h"

#include <algorithm>
#include <utility>

#include "acme/persist_record.h"
#include "agent/dns/lookups.h"

namespace agent {

base::asio::awaitable<Solver::Outcome> StandingTxtSolver::present(
    std::vector<acme::Answer> answers) {
  std::vector<acme::Subproblem> causes;
  for (acme::Answer& answer : answers) {
    auto standing = std::get<acme::StandingTxtAnswer>(std::move(answer));
    const acme::Identifier identifier = standing.identifier;
    std::string missing = co_await look_for(std::move(standing));
    if (missing.empty()) continue;
    causes.push_back({identifier, acme::Errc::present_failed, std::move(missing)});
  }
  if (causes.empty()) co_return Outcome();
  acme::Error error = present_failure(std::move(causes));
  co_return base::Unexpected(std::move(error));
}

/// What is missing, as a sentence; empty if nothing is.
base::asio::awaitable<std::string> StandingTxtSolver::look_for(acme::StandingTxtAnswer answer) {
  const std::string text = acme::persist_name(answer.identifier);
  base::Result<dns::Name, std::string> name = dns::Name::parse(text);
  if (!name) co_return text + ": " + name.error();
  const auto found = co_await look_up_texts(resolver_, std::move(*name));
  if (!found) co_return found.error().message;
  const acme::PersistQuestion question{
      answer.issuer_domains, answer.account_url, answer.identifier};
  const base::WallTime now = clock_.wall();
  const bool is_there = std::any_of(found->begin(), found->end(), [&](const std::string& record) {
    return acme::persist_record_allows(record, question, now);
  });
  if (is_there) co_return std::string();
  co_return "no TXT record at " + text + " allows it; expected: " +
      acme::persist_record(answer.issuer_domains.front(), answer.account_url, answer.identifier);
}

base::asio::awaitable<void> StandingTxtSolver::clean_up(std::vector<acme::Answer>) {
  co_return;  // it stays
}

}  // namespace agent
