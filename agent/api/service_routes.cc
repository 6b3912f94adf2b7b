#include "agent/api/service_routes.h"

#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/views.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_subject = 253;
constexpr std::int64_t max_page = 1'000;
constexpr std::int64_t max_sequence = std::numeric_limits<std::int64_t>::max();

}  // namespace

void ServiceRoutes::add_public_to(Router& router) {
  const auto health_route = [this](const ApiRequest&, const std::string&) { return health(); };
  const auto ready_route = [this](const ApiRequest&, const std::string&) { return readiness(); };
  const auto metrics_route = [this](const ApiRequest&, const std::string&) { return metrics(); };
  router.add(HttpMethod::get, "/healthz", health_route);
  router.add(HttpMethod::get, "/readyz", ready_route);
  router.add(HttpMethod::get, "/metrics", metrics_route);
}

void ServiceRoutes::add_admin_to(Router& router) {
  const auto version_route = [this](const ApiRequest&, const std::string&) { return version(); };
  const auto events_route = [this](const ApiRequest& r, const std::string&) { return events(r); };
  router.add(HttpMethod::get, "/v1/version", version_route);
  router.add(HttpMethod::get, "/v1/events", events_route);
}

ServiceRoutes::Answer ServiceRoutes::health() {
  co_return ApiResponse{.content_type = "text/plain", .body = "ok\n"};
}

ServiceRoutes::Answer ServiceRoutes::readiness() {
  const std::vector<std::string> reasons = readiness_.reasons_not_ready();
  ordered_json json;
  json["ready"] = reasons.empty();
  json["reasons"] = reasons;
  co_return ApiResponse{.status = reasons.empty() ? 200u : 503u, .body = to_text(json)};
}

ServiceRoutes::Answer ServiceRoutes::metrics() {
  std::string text = co_await metrics_.text();
  co_return ApiResponse{.content_type = std::string(Metrics::content_type),
                        .body = std::move(text)};
}

ServiceRoutes::Answer ServiceRoutes::version() {
  ordered_json json;
  json["name"] = "acme-spoa";
  json["version"] = version_;
  co_return ApiResponse{.body = to_text(json)};
}

ServiceRoutes::Answer ServiceRoutes::events(const ApiRequest& request) {
  QueryParameters parameters(request);
  EventQuery query;
  query.after = parameters.number("after", 0, 0, max_sequence);
  query.limit = static_cast<std::size_t>(parameters.number("limit", 100, 1, max_page));
  query.subject = parameters.text("subject").value_or("");
  if (query.subject.size() > max_subject) {
    parameters.refuse("subject", "range", "expected at most 253 bytes");
  }
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  auto call = [query](Store& store) { return store.events(query); };
  const auto events = co_await store_.run(std::move(call));
  if (!events) co_return to_response(to_problem(events.error()));
  ordered_json json;
  json["events"] = ordered_json::array();
  for (const Event& event : *events) json["events"].push_back(to_json(event));
  // Where to go on from, for who asks again.
  json["last"] = events->empty() ? query.after : events->back().sequence;
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
