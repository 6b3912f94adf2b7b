#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/api/token_book.h"
#include "base/clock.h"
#include "base/random.h"

namespace agent {

/// `/v1/tokens`: who may use the API over TCP. For admins.
///
///   GET    /v1/tokens            -> {tokens: [token]}
///   POST   /v1/tokens            {name, scope: admin|tenant|read-only, tenant?, days?}
///                                -> 201 token with `token`, its text, which is told this once
///   DELETE /v1/tokens/{name}     -> 204; from then on it opens nothing
///
/// A token is rotated by adding another one and removing the first. What the references name
/// outlives it, and it outlives the router's use.
class TokenRoutes {
 public:
  TokenRoutes(StoreAccess& store, const base::Clock& clock, base::Random& random, TokenBook& book)
      : store_(store), clock_(clock), random_(random), book_(book) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list();
  Answer add(const ApiRequest& request);
  Answer remove(const ApiRequest& request, const std::string& name);

  StoreAccess& store_;
  const base::Clock& clock_;
  base::Random& random_;
  TokenBook& book_;
};

}  // namespace agent
