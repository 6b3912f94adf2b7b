#pragma once

#include <memory>
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
///   GET /v1/openapi.json  -> the API as an OpenAPI 3.1 document   admin only
///   GET /v1/events?after=&subject=&limit=                         admin only
///                     -> {events: [event], last: sequence}: oldest first after that sequence, or
///                     without it the newest ones. With `Accept: text/event-stream` what comes from
///                     now on as server-sent events (event_stream.h), after that sequence, or
///                     after the header Last-Event-ID
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
  static Answer openapi();
  Answer version();
  Answer events(const ApiRequest& request);
  Answer stream(const ApiRequest& request, EventQuery query);

  StoreAccess& store_;
  const Readiness& readiness_;
  MetricsPage& metrics_;
  const std::string version_;
  std::shared_ptr<int> streams_ = std::make_shared<int>(0);  ///< each open one has a copy
};

}  // namespace agent
