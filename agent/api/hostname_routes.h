#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/platform/hostname_changes.h"
#include "base/clock.h"

namespace agent {

/// `/v1/hostnames`: what is served, and where it stands.
///
///   GET    /v1/hostnames?cursor=&limit=&search=&match=prefix|contains&state=&tenant=&zone=
///                                  -> {hostnames: [hostname], next: cursor or null}
///   POST   /v1/hostnames           {names: [text], mode?, https_redirect?, challenge_path?}: adds
///   or updates;
///                                  what is left out stays, or is automatic and false
///                                  -> {results: [{name, outcome: added|updated|unchanged}]}
///   POST   /v1/hostnames/remove    {names: [text]} -> {results: [{name, removed|not_found}]}
///   GET    /v1/hostnames/{name}    -> hostname (views.h)
///   PUT    /v1/hostnames/{name}    {mode?, https_redirect?, challenge_path?}: what is left out
///   gets its default
///                                  -> hostname; 201 if it is new
///   PATCH  /v1/hostnames/{name}    {mode?, https_redirect?, challenge_path?}: what is left out
///   stays -> hostname DELETE /v1/hostnames/{name}    -> 204
///
/// Names are taken as parse_hostname() does. A request is carried out whole or not at all; who may
/// have which name, HostnameChanges decides. A tenant sees the hostnames of its zones only. PUT,
/// PATCH and DELETE take If-Match with the ETag of a GET, which stands for what is wanted. What the
/// references name outlives it, and it outlives the router's use.
class HostnameRoutes {
 public:
  static constexpr std::size_t max_names = 10'000;  ///< in one request

  HostnameRoutes(StoreAccess& store,
                 const base::Clock& clock,
                 ChangeListener& listener,
                 const PlatformRules& rules)
      : store_(store), clock_(clock), listener_(listener), rules_(rules) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list(const ApiRequest& request);
  Answer add(const ApiRequest& request);
  Answer remove_many(const ApiRequest& request);
  Answer show(const ApiRequest& request, const std::string& text);
  Answer replace(const ApiRequest& request, const std::string& text);
  Answer change(const ApiRequest& request, const std::string& text);
  Answer remove(const ApiRequest& request, const std::string& text);

  /// The hostname as it is in the store now, with that status.
  Answer show(const ApiRequest& request, base::DomainName name, unsigned status);
  /// PUT and PATCH. The request lives until the awaitable is done.
  enum class Absent { added, unknown };
  Answer put(const ApiRequest& request, HostnameWish wish, Absent absent);

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const PlatformRules& rules_;
};

}  // namespace agent
