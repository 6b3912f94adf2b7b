#pragma once

#include "agent/issuer/solver.h"
#include "agent/tls_alpn/challenge_certificates.h"

namespace agent {

/// tls-alpn-01: the certificates that our responder shows. REQUIRES: TlsAlpnAnswers only.
class TlsAlpnSolver final : public Solver {
 public:
  explicit TlsAlpnSolver(ChallengeCertificates& certificates) : certificates_(certificates) {}

  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override;
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override;

 private:
  ChallengeCertificates& certificates_;
};

}  // namespace agent
