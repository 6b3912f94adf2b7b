#pragma once

#include <string>

#include "agent/api/account_routes.h"
#include "agent/api/authority_routes.h"
#include "agent/api/certificate_routes.h"
#include "agent/api/change_listener.h"
#include "agent/api/custom_routes.h"
#include "agent/api/export_routes.h"
#include "agent/api/haproxy_routes.h"
#include "agent/api/hostname_routes.h"
#include "agent/api/import_routes.h"
#include "agent/api/metrics_page.h"
#include "agent/api/order_routes.h"
#include "agent/api/readiness.h"
#include "agent/api/revocation_routes.h"
#include "agent/api/router.h"
#include "agent/api/service_routes.h"
#include "agent/api/store_access.h"
#include "agent/api/tenant_routes.h"
#include "agent/api/token_book.h"
#include "agent/api/token_routes.h"
#include "agent/api/zone_routes.h"
#include "agent/platform/platform_rules.h"
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
    base::Random& random;
    CustomBundlePath custom_bundle_path;
    PlatformRules rules{};
  };

  explicit AdminApi(Parts parts);
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  /// The database is open. Until then what needs it is answered `store-unavailable` (503).
  void use(Database& database) { store_ = database; }

  /// Everything: who reaches it without being asked for a token controls the daemon.
  const Router& admin_routes() const { return admin_; }
  /// Who is asked for a token.
  Authenticator& tokens() { return token_book_; }
  /// `/healthz`, `/readyz` and `/metrics` only: nothing to change, and no hostname in it.
  const Router& public_routes() const { return public_; }

 private:
  StoreAccess store_;
  const PlatformRules rules_;
  TokenBook token_book_;
  MetricsPage metrics_page_;
  HostnameRoutes hostnames_;
  CertificateRoutes certificates_;
  CustomRoutes custom_;
  ExportRoutes exports_;
  AuthorityRoutes authorities_;
  AccountRoutes accounts_;
  RevocationRoutes revocations_;
  OrderRoutes orders_;
  HaproxyRoutes haproxy_;
  ImportRoutes import_;
  TenantRoutes tenants_;
  ZoneRoutes zones_;
  TokenRoutes tokens_;
  ServiceRoutes service_;
  Router admin_;
  Router public_;
};

}  // namespace agent
