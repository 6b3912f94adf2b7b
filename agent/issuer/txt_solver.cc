#include "agent/issuer/txt_solver.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace agent {

namespace asio = base::asio;

namespace {

/// After the last one, the last one again.
constexpr std::array<std::chrono::minutes, 4> remove_again = {std::chrono::minutes(1),
                                                              std::chrono::minutes(10),
                                                              std::chrono::hours(1),
                                                              std::chrono::hours(6)};

base::Result<TxtRecord, DnsError> record_of(const acme::TxtAnswer& answer) {
  base::Result<dns::Name, std::string> name = dns::Name::parse(answer.name);
  if (!name) {
    return base::Unexpected(DnsError{DnsErrc::configuration, answer.name + ": " + name.error()});
  }
  return TxtRecord{std::move(*name),
                   answer.value,
                   {std::string(answer.identifier.name().bare()),
                    answer.token.text(),
                    answer.key_authorization.value()}};
}

asio::awaitable<DnsProvider::Outcome> act_on(const TxtSolver::Act& act, acme::TxtAnswer answer) {
  base::Result<TxtRecord, DnsError> record = record_of(answer);
  if (!record) co_return base::Unexpected(std::move(record.error()));
  co_return co_await act(std::move(*record));
}

acme::TxtAnswer txt(acme::Answer& answer) {
  return std::get<acme::TxtAnswer>(std::move(answer));
}

}  // namespace

/// Several that are waited for together; whoever waits may be gone before they end.
struct TxtSolver::Crowd {
  Crowd(const asio::any_io_executor& executor, std::size_t size)
      : left(size), all_done(executor, asio::steady_timer::time_point::max()) {}
  void end_one() {
    if (--left == 0) all_done.cancel();
  }

  std::size_t left;
  asio::steady_timer all_done;
  std::vector<acme::Subproblem> causes{};
};

asio::awaitable<void> TxtSolver::add_one(TxtSolver& solver,
                                         std::shared_ptr<Crowd> crowd,
                                         acme::TxtAnswer answer) {
  const acme::Identifier identifier = answer.identifier;
  if (solver.parts_.debts.find(answer) != nullptr) {
    acme::TxtAnswer wanted = answer;
    co_await solver.parts_.debts.settle(std::move(wanted));
  }
  const DnsProvider::Outcome added = co_await act_on(solver.parts_.publish, std::move(answer));
  if (!added) {
    crowd->causes.push_back({identifier, acme::Errc::present_failed, added.error().message});
  }
  crowd->end_one();
}

asio::awaitable<void> TxtSolver::remove_one(TxtSolver& solver,
                                            std::shared_ptr<Crowd> crowd,
                                            acme::TxtAnswer answer) {
  acme::TxtAnswer copy = answer;
  const DnsProvider::Outcome removed = co_await act_on(solver.parts_.withdraw, std::move(copy));
  if (!removed) {
    solver.parts_.log.warn("challenge record not removed, it is tried again",
                           {{"record", answer.name}, {"error", removed.error().message}});
    copy = answer;
    co_await solver.parts_.debts.add(std::move(copy));
    asio::co_spawn(crowd->all_done.get_executor(),
                   remove_later(solver, std::move(answer)),
                   base::log_failure(solver.parts_.log, "remove a challenge record"));
  }
  crowd->end_one();
}

asio::awaitable<void> TxtSolver::remove_later(TxtSolver& solver, acme::TxtAnswer answer) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  RecordDebts& debts = solver.parts_.debts;
  for (std::size_t attempt = 0; true; ++attempt) {
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(remove_again[std::min(attempt, remove_again.size() - 1)]);
    co_await timer.async_wait(base::into(ignored));
    const RecordDebt* const debt = debts.find(answer);
    if (debt == nullptr) co_return;  // it was wanted again
    const bool is_last = debts.is_too_old(*debt);
    acme::TxtAnswer copy = answer;
    const DnsProvider::Outcome removed = co_await act_on(solver.parts_.withdraw, std::move(copy));
    if (removed || is_last) {
      if (!removed) {
        solver.parts_.log.error("challenge record left behind, remove it by hand",
                                {{"record", answer.name}, {"value", answer.value}});
      }
      co_return co_await debts.settle(std::move(answer));
    }
  }
}

asio::awaitable<void> TxtSolver::resume() {
  const auto executor = co_await asio::this_coro::executor;
  const std::vector<acme::TxtAnswer> left = co_await parts_.debts.load();
  for (const acme::TxtAnswer& answer : left) {
    asio::co_spawn(executor,
                   remove_later(*this, answer),
                   base::log_failure(parts_.log, "remove a challenge record"));
  }
}

asio::awaitable<Solver::Outcome> TxtSolver::present(std::vector<acme::Answer> answers) {
  const auto executor = co_await asio::this_coro::executor;
  const auto crowd = std::make_shared<Crowd>(executor, answers.size());
  for (acme::Answer& answer : answers) {
    asio::co_spawn(executor,
                   add_one(*this, crowd, txt(answer)),
                   base::log_failure(parts_.log, "add a challenge record"));
  }
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (crowd->left > 0) co_await crowd->all_done.async_wait(base::into(ignored));
  if (crowd->causes.empty()) co_return Outcome();
  acme::Error error = present_failure(crowd->causes);
  co_return base::Unexpected(std::move(error));
}

asio::awaitable<void> TxtSolver::clean_up(std::vector<acme::Answer> answers) {
  const auto executor = co_await asio::this_coro::executor;
  const auto crowd = std::make_shared<Crowd>(executor, answers.size());
  for (acme::Answer& answer : answers) {
    asio::co_spawn(executor,
                   remove_one(*this, crowd, txt(answer)),
                   base::log_failure(parts_.log, "remove a challenge record"));
  }
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (crowd->left > 0) co_await crowd->all_done.async_wait(base::into(ignored));
}

}  // namespace agent
