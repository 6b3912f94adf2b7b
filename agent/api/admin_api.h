#pragma once

#include <string>

#include "agent/api/account_routes.h"
#include "agent/api/authority_routes.h"
#include "agent/api/certificate_routes.h"
#include "agent/api/change_listener.h"
#include "agent/api/haproxy_routes.h"
#include "agent/api/hostname_routes.h"
#include "agent/api/metrics_page.h"
#include "agent/api/readiness.h"
#include "agent/api/revocation_routes.h"
#include "agent/api/router.h"
#include "agent/api/service_routes.h"
#include "agent/api/store_access.h"
#include "agent/challenge/challenge_policy.h"
#include "base/clock.h"

namespace agent {

/// All routes, for an HttpServer each. Control thread only; what the references name outlives it,
/// and it outlives the servers.
class AdminApi {
 public:
  struct Parts {
    StoreAccess store;  ///< a Database, or nothing until use()
    const base::Clock& clock;
    ChangeListener& changes;
    const Readiness& readiness;
    Metrics& metrics;
    const FigureSource& figures;
    HaproxyControl& haproxy;
    AccountControl& accounts;
    std::string version;
    ChallengePolicy challenges{};  ///< refuses names that can never be proven
  };

  explicit AdminApi(Parts parts);
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  /// The database is open. Until then what needs it is answered `store-unavailable` (503).
  void use(Database& database) { store_ = database; }

  /// Everything: who reaches it controls the daemon.
  const Router& admin_routes() const { return admin_; }
  /// `/healthz`, `/readyz` and `/metrics` only: nothing to change, and no hostname in it.
  const Router& public_routes() const { return public_; }

 private:
  StoreAccess store_;
  MetricsPage metrics_page_;
  HostnameRoutes hostnames_;
  CertificateRoutes certificates_;
  AuthorityRoutes authorities_;
  AccountRoutes accounts_;
  RevocationRoutes revocations_;
  HaproxyRoutes haproxy_;
  ServiceRoutes service_;
  Router admin_;
  Router public_;
};

}  // namespace agent
