#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/metrics_page.h"
#include "agent/api/readiness.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"

namespace agent {

/// What is about the daemon itself.
///
///   GET /healthz      -> `ok`: the process answers
///   GET /readyz       -> {ready, reasons: [text]}; 503 if it is not ready
///   GET /metrics      -> Prometheus's text format
///   GET /v1/version   -> {name, version}                          admin only
///   GET /v1/events?after=&subject=&limit=                         admin only
///                     -> {events: [event], last: sequence}: oldest first after that sequence, or
///                     without it the newest ones
///
/// What the references name outlives it, and it outlives the router's use.
class ServiceRoutes {
 public:
  ServiceRoutes(StoreAccess& store,
                const Readiness& readiness,
                MetricsPage& metrics,
                std::string version)
      : store_(store), readiness_(readiness), metrics_(metrics), version_(std::move(version)) {}

  void add_public_to(Router& router);
  void add_admin_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer health();
  Answer readiness();
  Answer metrics();
  Answer version();
  Answer events(const ApiRequest& request);

  StoreAccess& store_;
  const Readiness& readiness_;
  MetricsPage& metrics_;
  const std::string version_;
};

}  // namespace agent
