#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "base/clock.h"

namespace agent {

/// `/v1/tenants`: the platform's customers. For admins; a tenant may look at itself.
///
///   GET    /v1/tenants?cursor=&limit=   -> {tenants: [tenant], next: cursor or null}
///   GET    /v1/tenants/{id}             -> tenant (views.h)
///   PUT    /v1/tenants/{id}             {title?, wildcard_after?} -> tenant; 201 if it is new
///   DELETE /v1/tenants/{id}             -> 204; 409 while it has zones. Its tokens go with it.
///
/// What the references name outlives it, and it outlives the router's use.
class TenantRoutes {
 public:
  TenantRoutes(StoreAccess& store, const base::Clock& clock) : store_(store), clock_(clock) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list(const ApiRequest& request);
  Answer show(const ApiRequest& request, const std::string& id);
  Answer put(const ApiRequest& request, const std::string& id);
  Answer remove(const ApiRequest& request, const std::string& id);
  Answer show(std::string id, unsigned status);

  StoreAccess& store_;
  const base::Clock& clock_;
};

}  // namespace agent
