#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "agent/dns/dns_provider.h"
#include "agent/issuer/record_debts.h"
#include "agent/issuer/solver.h"
#include "base/log.h"

namespace agent {

/// dns-01 and dns-account-01: each value is published and waited for, all of an order at the same
/// time, so that a provider can bundle them. REQUIRES: TxtAnswers only.
class TxtSolver final : public Solver {
 public:
  /// Of DnsService, as a rule.
  using Act = std::function<base::asio::awaitable<DnsProvider::Outcome>(TxtRecord record)>;
  struct Parts {
    Act publish;   ///< returns once the world sees the value
    Act withdraw;  ///< this value and no other
    base::Log& log;
    RecordDebts& debts;
  };
  explicit TxtSolver(Parts parts) : parts_(std::move(parts)) {}

  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override;
  /// What cannot be withdrawn is tried again in the background for a week (RecordDebts), unless it
  /// is presented again, and then logged with its name and value.
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override;

  /// Goes on with what an earlier run could not withdraw.
  base::asio::awaitable<void> resume();

 private:
  struct Crowd;

  static base::asio::awaitable<void> add_one(TxtSolver& solver,
                                             std::shared_ptr<Crowd> crowd,
                                             acme::TxtAnswer answer);
  static base::asio::awaitable<void> remove_one(TxtSolver& solver,
                                                std::shared_ptr<Crowd> crowd,
                                                acme::TxtAnswer answer);
  static base::asio::awaitable<void> remove_later(TxtSolver& solver, acme::TxtAnswer answer);

  const Parts parts_;
};

}  // namespace agent
