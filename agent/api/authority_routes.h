#pragma once

#include "agent/api/api_message.h"
#include "agent/api/figures.h"
#include "agent/api/router.h"

namespace agent {

/// `/v1/authorities`, without keys.
///
///   GET /v1/authorities -> {authorities: [{name, directory, account, thumbprint, profile, breaker,
///                          trouble, orders_running, orders_suspended}]} in the order of fail-over
///
/// What the references name outlives it, and it outlives the router's use.
class AuthorityRoutes {
 public:
  explicit AuthorityRoutes(const FigureSource& figures) : figures_(figures) {}

  void add_to(Router& router);

 private:
  base::asio::awaitable<ApiResponse> list();

  const FigureSource& figures_;
};

}  // namespace agent
