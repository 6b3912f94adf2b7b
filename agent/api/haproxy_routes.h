#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/haproxy_control.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"

namespace agent {

/// `/v1/haproxy`: the HAProxy processes that get the certificates.
///
///   GET  /v1/haproxy         -> {instances: [{name, runtime, crt_list, version, pid, connected,
///                               in_sync, jammed, desired, loaded, to_do, refused, unproven,
///                               failed_proofs, last_proof, compared, trouble}]}
///   POST /v1/haproxy/sync    {instance: text, dry_run: bool}, both optional
///                            -> {instances: [{name, compared, add, renew, remove,
///                               steps: [{action, path}], error}]}; of many steps the first
///   POST /v1/haproxy/verify  {names: [text]}: hostnames, at most a hundred
///                            -> {results: [{name, instance, served, error}]}; a hostname that has
///                               no certificate has one result without an instance
///
/// What the references name outlives it, and it outlives the router's use.
class HaproxyRoutes {
 public:
  static constexpr std::size_t max_names = 100;  ///< a handshake takes milliseconds, or seconds
  static constexpr std::size_t max_steps = 1'000;

  HaproxyRoutes(StoreAccess& store, HaproxyControl& haproxy) : store_(store), haproxy_(haproxy) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer show();
  Answer sync(const ApiRequest& request);
  Answer verify(const ApiRequest& request);

  StoreAccess& store_;
  HaproxyControl& haproxy_;
};

}  // namespace agent
