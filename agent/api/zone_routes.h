#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/platform/platform_rules.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// `/v1/zones`: who owns which part of the DNS. Who may make which, ZoneChanges decides; a tenant
/// sees its own only.
///
///   GET    /v1/zones?tenant=&cursor=&limit=  -> {zones: [zone], next: cursor or null}
///   GET    /v1/zones/{name}                  -> zone (views.h) with `wildcard`: null, or the
///                                            hostname `*.name`; and `wildcard_refusal`: why there
///                                            can be none, or null
///   PUT    /v1/zones/{name}                  {tenant, dns?, wildcard_after?} -> zone; 201 if it is
///                                            new. A tenant leaves `tenant` out.
///   DELETE /v1/zones/{name}                  -> 204; 409 while it has hostnames
///
/// What the references name outlives it, and it outlives the router's use.
class ZoneRoutes {
 public:
  ZoneRoutes(StoreAccess& store,
             const base::Clock& clock,
             ChangeListener& listener,
             const PlatformRules& rules)
      : store_(store), clock_(clock), listener_(listener), rules_(rules) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list(const ApiRequest& request);
  Answer show(const ApiRequest& request, const std::string& text);
  Answer put(const ApiRequest& request, const std::string& text);
  Answer remove(const ApiRequest& request, const std::string& text);
  Answer show(const ApiRequest& request, base::DomainName name, unsigned status);

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const PlatformRules& rules_;
};

}  // namespace agent
