#include "agent/api/tenant_routes.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/views.h"
#include "agent/api/wildcard_after.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_title = 200;

ApiResponse unknown_tenant(const std::string& id) {
  return to_response({ProblemType::unknown_tenant, id + " is not a tenant here"});
}

}  // namespace

void TenantRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  const auto show_route = [this](const ApiRequest& r, const std::string& id) {
    return show(r, id);
  };
  const auto put_route = [this](const ApiRequest& r, const std::string& id) { return put(r, id); };
  const auto remove_route = [this](const ApiRequest& r, const std::string& id) {
    return remove(r, id);
  };
  router.add(HttpMethod::get, "/v1/tenants", list_route);
  router.add(HttpMethod::get, "/v1/tenants/{id}", show_route, Router::Audience::tenants_too);
  router.add(HttpMethod::put, "/v1/tenants/{id}", put_route);
  router.add(HttpMethod::remove, "/v1/tenants/{id}", remove_route);
}

TenantRoutes::Answer TenantRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  const std::string after = parameters.text("cursor").value_or("");
  const auto limit = parameters.page_size();
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  auto call = [&after, limit](Store& store) { return store.tenants(after, limit); };
  const auto tenants = co_await store_.run(std::move(call));
  if (!tenants) co_return to_response(to_problem(tenants.error()));
  ordered_json json;
  json["tenants"] = ordered_json::array();
  for (const Tenant& tenant : *tenants) json["tenants"].push_back(to_json(tenant));
  json["next"] = tenants->size() < limit ? ordered_json(nullptr) : ordered_json(tenants->back().id);
  co_return ApiResponse{.body = to_text(json)};
}

TenantRoutes::Answer TenantRoutes::show(const ApiRequest& request, const std::string& id) {
  // Which other tenants there are is not a tenant's to know.
  if (request.actor.is_tenant() && request.actor.tenant != id) co_return unknown_tenant(id);
  co_return co_await show(id, 200);
}

TenantRoutes::Answer TenantRoutes::put(const ApiRequest& request, const std::string& text) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  Tenant tenant;
  auto id = parse_tenant_id(text, "id");
  if (id) {
    tenant.id = *std::move(id);
  } else {
    body->refuse("id", "tenant-id", id.error());
  }
  tenant.title = body->text("title").value_or("");
  if (tenant.title.size() > max_title) body->refuse("title", "range", "expected at most 200 bytes");
  tenant.wildcard_after = take_wildcard_after(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [&tenant, &request, now = clock_.wall()](Store& store) {
    const ActingAs acting(store, request.actor.name);
    return store.put_tenant(tenant, now);
  };
  const auto outcome = co_await store_.run(std::move(call));
  if (!outcome) co_return to_response(to_problem(outcome.error()));
  co_return co_await show(tenant.id, *outcome == AddOutcome::added ? 201 : 200);
}

TenantRoutes::Answer TenantRoutes::remove(const ApiRequest& request, const std::string& id) {
  auto call = [&request, &id, now = clock_.wall()](Store& store) {
    const ActingAs acting(store, request.actor.name);
    return store.remove_tenant(id, now);
  };
  const auto outcome = co_await store_.run(std::move(call));
  if (!outcome) co_return to_response(to_problem(outcome.error()));
  if (*outcome == RemoveOutcome::not_found) co_return unknown_tenant(id);
  co_return ApiResponse{.status = 204, .content_type = ""};
}

TenantRoutes::Answer TenantRoutes::show(std::string id, unsigned status) {
  auto call = [&id](Store& store) { return store.tenant(id); };
  const auto tenant = co_await store_.run(std::move(call));
  if (!tenant) co_return to_response(to_problem(tenant.error()));
  if (!*tenant) co_return unknown_tenant(id);
  const ordered_json json = to_json(**tenant);
  co_return ApiResponse{.status = status, .body = to_text(json)};
}

}  // namespace agent
