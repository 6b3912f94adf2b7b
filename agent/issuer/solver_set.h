#pragma once

#include <memory>

#include "agent/config/config.h"
#include "agent/dns/dns_service.h"
#include "agent/issuer/http_solver.h"
#include "agent/issuer/preflight_check.h"
#include "agent/issuer/solvers.h"
#include "agent/issuer/standing_txt_solver.h"
#include "agent/issuer/tls_alpn_solver.h"
#include "agent/issuer/txt_solver.h"
#include "agent/lookup/lookup.h"
#include "agent/tls_alpn/tls_alpn_responder.h"

namespace agent {

/// All solvers that a configuration asks for, and what they work with.
class SolverSet {
 public:
  /// Outlive it.
  struct Parts {
    Lookup& lookup;
    DnsSurroundings surroundings;
    Database& database;
  };

  /// Throws std::runtime_error, with the key of the configuration, if something it names cannot be
  /// used: an address that is taken, a file that cannot be read.
  SolverSet(Parts parts, const Config& config);
  SolverSet(const SolverSet&) = delete;
  SolverSet& operator=(const SolverSet&) = delete;

  /// Goes on with what an earlier run has left to be done.
  base::asio::awaitable<void> resume();

  Solver& solver() { return solvers_; }
  /// nullptr if nothing of DNS is configured.
  DnsResolver* resolver() { return dns_ ? &dns_->resolver() : nullptr; }
  /// nullptr if the configuration wants none.
  NameCheck* name_check() { return preflight_.get(); }

 private:
  std::unique_ptr<TlsAlpnResponder> responder_;
  HttpSolver http_;
  std::unique_ptr<TlsAlpnSolver> tls_alpn_;
  std::unique_ptr<DnsService> dns_;  ///< none if nothing of it is configured
  RecordDebts debts_;
  std::unique_ptr<TxtSolver> txt_;
  std::unique_ptr<StandingTxtSolver> standing_txt_;
  Solvers solvers_;
  std::unique_ptr<PreflightCheck> preflight_;  ///< none if names are not looked at first
};

}  // namespace agent
