#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/api/account_control.h"
#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/json_body.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "base/clock.h"

namespace agent {

/// Revocations (RFC 8555 §7.6).
///
///   POST /v1/certificates/revoke
///        {certificates: [id or hostname], reason: text, replace: boolean}
///        -> 202 {results: [{name, id, outcome: requested|under_way|already_revoked|not_found|
///        unknown_authority}]}; `name` is what was asked for
///   POST /v1/certificates/revoke  {all_of: authority, reason, replace}
///        -> 202 {requested: number}
///   GET  /v1/revocations?cursor=&limit=&state=pending|revoked|refused
///        -> {revocations: [revocation], next: cursor or null}
///
/// `reason` is unspecified (the default), keyCompromise, superseded or cessationOfOperation.
/// `replace` is true if it is not there, and cannot be false with keyCompromise.
///
/// What the references name outlives it, and it outlives the router's use.
class RevocationRoutes {
 public:
  static constexpr std::size_t max_certificates = 10'000;  ///< in one request

  RevocationRoutes(StoreAccess& store,
                   const base::Clock& clock,
                   ChangeListener& listener,
                   const AccountControl& accounts)
      : store_(store), clock_(clock), listener_(listener), accounts_(accounts) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer revoke(const ApiRequest& request);
  Answer revoke_these(std::vector<std::string> texts, RevocationWish wish);
  Answer revoke_all_of(std::string authority, RevocationWish wish);
  Answer list(const ApiRequest& request);
  std::set<std::string> authorities() const;

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const AccountControl& accounts_;
};

}  // namespace agent
