#include "agent/issuer/tls_alpn_solver.h"

namespace agent {

base::asio::awaitable<Solver::Outcome> TlsAlpnSolver::present(std::vector<acme::Answer> answers) {
  for (const acme::Answer& answer : answers) {
    certificates_.put(std::get<acme::TlsAlpnAnswer>(answer));
  }
  co_return Outcome();
}

base::asio::awaitable<void> TlsAlpnSolver::clean_up(std::vector<acme::Answer> answers) {
  for (const acme::Answer& answer : answers) {
    certificates_.remove(std::get<acme::TlsAlpnAnswer>(answer));
  }
  co_return;
}

}  // namespace agent
