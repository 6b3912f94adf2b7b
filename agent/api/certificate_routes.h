#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/platform/platform_rules.h"
#include "base/clock.h"

namespace agent {

/// `/v1/certificates`, without keys.
///
///   GET  /v1/certificates?cursor=&limit=&state=wanted|retired|all
///                                 -> {certificates: [certificate], next: cursor or null}
///   GET  /v1/certificates/{id}    the id, or a hostname -> certificate (views.h) with revocation;
///                                 of one that is gone what its revocation knows of it
///   POST /v1/certificates/renew   {names: [text]}: hostnames
///                                 -> 202 {results: [{name, outcome: requested|under_way|disabled|
///                                 custom|not_found}]}
///
/// What the references name outlives it, and it outlives the router's use.
class CertificateRoutes {
 public:
  static constexpr std::size_t max_names = 10'000;  ///< in one request

  CertificateRoutes(StoreAccess& store,
                    const base::Clock& clock,
                    ChangeListener& listener,
                    const PlatformRules& rules)
      : store_(store), clock_(clock), listener_(listener), rules_(rules) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list(const ApiRequest& request);
  Answer renew(const ApiRequest& request);
  Answer show(const std::string& text);
  Answer show_by_id(CertificateId id);
  Answer show_by_name(const std::string& text);

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const PlatformRules& rules_;
};

}  // namespace agent
