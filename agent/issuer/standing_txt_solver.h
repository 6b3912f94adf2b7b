#pragma once

#include "agent/dns/dns_resolver.h"
#include "agent/issuer/solver.h"
#include "base/clock.h"

namespace agent {

/// dns-persist-01: looks whether the owner of the name has set the record, and says which one is
/// missing before an attempt at the authority is spent. REQUIRES: StandingTxtAnswers only.
class StandingTxtSolver final : public Solver {
 public:
  StandingTxtSolver(DnsResolver& resolver, const base::Clock& clock)
      : resolver_(resolver), clock_(clock) {}

  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override;
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override;

 private:
  base::asio::awaitable<std::string> look_for(acme::StandingTxtAnswer answer);

  DnsResolver& resolver_;
  const base::Clock& clock_;
};

}  // namespace agent
