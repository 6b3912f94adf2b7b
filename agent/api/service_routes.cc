#include "agent/api/service_routes.h"

#include <charconv>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/event_stream.h"
#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/openapi.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/views.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_subject = 253;
constexpr long max_streams = 16;  // of the server's 64 connections
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
  const auto openapi_route = [](const ApiRequest&, const std::string&) { return openapi(); };
  constexpr auto everybody = Router::Audience::tenants_too;
  router.add(HttpMethod::get, "/v1/version", version_route, everybody);
  router.add(HttpMethod::get, "/v1/openapi.json", openapi_route, everybody);
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

ServiceRoutes::Answer ServiceRoutes::openapi() {
  co_return ApiResponse{.body = std::string(openapi_document())};
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
  query.limit = parameters.page_size();
  query.subject = parameters.text("subject").value_or("");
  if (query.subject.size() > max_subject) {
    parameters.refuse("subject", "range", "expected at most 253 bytes");
  }
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  if (request.accept.find("text/event-stream") != std::string::npos) {
    co_return co_await stream(request, query);
  }
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

ServiceRoutes::Answer ServiceRoutes::stream(const ApiRequest& request, EventQuery query) {
  if (streams_.use_count() > max_streams) {
    co_return to_response(
        {ProblemType::too_many_connections, "there are enough streams of events; close one first"});
  }
  if (!request.last_event_id.empty()) {
    const std::string& id = request.last_event_id;
    const auto [end, ec] = std::from_chars(id.data(), id.data() + id.size(), query.after);
    if (ec != std::errc{} || end != id.data() + id.size() || query.after < 0) {
      co_return to_response(invalid_fields(
          {{"Last-Event-ID", "range", "expected the id of an event that was received"}}));
    }
  } else if (query.after == 0) {
    auto call = [](Store& store) { return store.events({.limit = 1}); };
    const auto newest = co_await store_.run(std::move(call));
    if (!newest) co_return to_response(to_problem(newest.error()));
    if (!newest->empty()) query.after = newest->front().sequence;
  }
  const auto events = std::make_shared<EventStream>(store_, query.after, query.subject);
  co_return ApiResponse{.content_type = "text/event-stream",
                        .next_piece = [events, open = streams_] { return events->next(); }};
}

}  // namespace agent
