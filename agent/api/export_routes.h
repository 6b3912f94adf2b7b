#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/platform/platform_rules.h"
#include "base/clock.h"

namespace agent {

/// Certificates as files for other programs; `{id}` is an id, or a hostname for its newest one.
///
///   GET /v1/certificates/{id}/chain    PEM, leaf first (RFC 8555 §9.1); a tenant's if all its
///   names
///                                      are the tenant's
///   GET /v1/certificates/{id}/bundle   the same with the private key behind it. Over the admin
///                                      socket only: forbidden elsewhere. An event says who had it
///
/// What the references name outlives it, and it outlives the router's use.
class ExportRoutes {
 public:
  ExportRoutes(StoreAccess& store, const base::Clock& clock, const PlatformRules& rules)
      : store_(store), clock_(clock), rules_(rules) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer chain(const ApiRequest& request, const std::string& text);
  Answer bundle(const ApiRequest& request, const std::string& text);

  StoreAccess& store_;
  const base::Clock& clock_;
  const PlatformRules& rules_;
};

}  // namespace agent
