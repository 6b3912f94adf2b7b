#pragma once

#include "agent/api/api_message.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"

namespace agent {

/// `/v1/orders`: those that are open, without their keys. What became of the others is in the
/// history (`/v1/events`).
///
///   GET /v1/orders?authority= -> {orders: [{id, authority, names, stage, created, failures,
///                                failing_since, replaces, second}]} oldest first; `second` is true
///                                for a second key type
///
/// The store outlives it, and it outlives the router's use.
class OrderRoutes {
 public:
  explicit OrderRoutes(StoreAccess& store) : store_(store) {}

  void add_to(Router& router);

 private:
  base::asio::awaitable<ApiResponse> list(const ApiRequest& request);

  StoreAccess& store_;
};

}  // namespace agent
