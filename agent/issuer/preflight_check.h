#pragma once

#include "agent/challenge/challenge_policy.h"
#include "agent/dns/preflight.h"
#include "agent/issuer/name_check.h"
#include "agent/issuer/solver.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// NameCheck by DNS: CAA, and addresses where the authority will connect to the name; and by an
/// http-01 answer of our own that is fetched as the authority would, where that is wanted.
class PreflightCheck final : public NameCheck {
 public:
  /// Outlive it.
  struct Parts {
    Preflight& preflight;
    Solver& solver;  ///< publishes the answer that is fetched
    base::Random& random;
    base::Log& log;
  };
  enum class Fetch { yes, no };

  PreflightCheck(Parts parts, ChallengePolicy policy, Fetch fetch)
      : parts_(parts), policy_(std::move(policy)), fetch_(fetch) {}

  base::asio::awaitable<std::optional<acme::Error>> check(OrderRecord order,
                                                          Authority authority) override;

 private:
  PreflightQuestion question_of(const OrderRecord& order,
                                const base::DomainName& name,
                                const Authority& authority) const;

  base::asio::awaitable<PreflightVerdict> look_at(PreflightQuestion question,
                                                  const acme::Thumbprint& thumbprint);
  TokenProbe new_probe(const acme::Thumbprint& thumbprint);

  Parts parts_;
  const ChallengePolicy policy_;
  const Fetch fetch_;
};

}  // namespace agent
