#include "agent/api/zone_routes.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/rule_problem.h"
#include "agent/api/views.h"
#include "agent/api/wildcard_after.h"
#include "agent/model/hostname_input.h"
#include "agent/platform/hostname_changes.h"
#include "agent/platform/zone_changes.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

base::Result<base::DomainName, Problem> parse_zone_name(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (name) return *std::move(name);
  return base::Unexpected(invalid_fields({{"name", "hostname", std::move(name).error()}}));
}

ApiResponse unknown_zone(const base::DomainName& name) {
  return to_response({ProblemType::unknown_zone, name.text() + " is not a zone here"});
}

Zone take_zone(JsonBody& body, const base::DomainName& name, const Actor& actor) {
  Zone zone{name};
  if (const auto tenant = body.text("tenant")) {
    auto id = parse_tenant_id(*tenant, "tenant");
    if (id) {
      zone.tenant = *std::move(id);
    } else {
      body.refuse("tenant", "tenant-id", id.error());
    }
  } else if (actor.is_tenant()) {
    zone.tenant = actor.tenant;
  } else {
    body.refuse("tenant", "required", "expected the id of the tenant that owns the zone");
  }
  if (const auto text = body.text("dns")) {
    const auto dns = parse_zone_dns(*text);
    if (dns) zone.dns = *dns;
    if (!dns) body.refuse("dns", "choice", "expected none or configured");
  }
  zone.wildcard_after = take_wildcard_after(body);
  return zone;
}

/// A zone with the hostname that is its wildcard, if there is one.
struct ZoneDetail {
  Zone zone;
  std::optional<HostnameDetail> wildcard = std::nullopt;
};

/// nullopt if it is not there, or another tenant's.
StoreResult<std::optional<ZoneDetail>> find(Store& store,
                                            const Actor& actor,
                                            const base::DomainName& name) {
  auto zone = store.zone(name);
  if (!zone) return base::Unexpected(std::move(zone.error()));
  const bool is_hidden = *zone && actor.is_tenant() && (*zone)->tenant != actor.tenant;
  if (!*zone || is_hidden) return std::optional<ZoneDetail>();
  auto wildcard = store.hostname(wildcard_of(name));
  if (!wildcard) return base::Unexpected(std::move(wildcard.error()));
  return std::optional(ZoneDetail{**std::move(zone), *std::move(wildcard)});
}

/// What a call to the store did, or what forbids it.
using Removal = base::Result<RemoveOutcome, Problem>;

StoreResult<Removal> remove_in(Store& store,
                               const Actor& actor,
                               const base::DomainName& name,
                               base::WallTime now) {
  const auto refusal = refuse_zone_removal(store, actor, name);
  if (!refusal) return base::Unexpected(refusal.error());
  if (*refusal) return Removal(base::Unexpected(to_problem(**refusal, "name")));
  const ActingAs acting(store, actor.name);
  const auto outcome = store.remove_zone(name, now);
  if (!outcome) return base::Unexpected(outcome.error());
  return Removal(*outcome);
}

}  // namespace

void ZoneRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  const auto show_route = [this](const ApiRequest& r, const std::string& n) { return show(r, n); };
  const auto put_route = [this](const ApiRequest& r, const std::string& n) { return put(r, n); };
  const auto remove_route = [this](const ApiRequest& r, const std::string& n) {
    return remove(r, n);
  };
  constexpr auto everybody = Router::Audience::tenants_too;
  router.add(HttpMethod::get, "/v1/zones", list_route, everybody);
  router.add(HttpMethod::get, "/v1/zones/{name}", show_route, everybody);
  router.add(HttpMethod::put, "/v1/zones/{name}", put_route, everybody);
  router.add(HttpMethod::remove, "/v1/zones/{name}", remove_route, everybody);
}

ZoneRoutes::Answer ZoneRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  ZoneQuery query;
  query.tenant = parameters.text("tenant").value_or("");
  query.after = parameters.text("cursor").value_or("");
  query.limit = parameters.page_size();
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  if (request.actor.is_tenant()) query.tenant = request.actor.tenant;
  auto call = [&query](Store& store) { return store.zones(query); };
  const auto zones = co_await store_.run(std::move(call));
  if (!zones) co_return to_response(to_problem(zones.error()));
  ordered_json json;
  json["zones"] = ordered_json::array();
  for (const Zone& zone : *zones) json["zones"].push_back(to_json(zone));
  const bool is_last = zones->size() < query.limit;
  json["next"] = is_last ? ordered_json(nullptr) : ordered_json(zones->back().name.text());
  co_return ApiResponse{.body = to_text(json)};
}

ZoneRoutes::Answer ZoneRoutes::show(const ApiRequest& request, const std::string& text) {
  auto name = parse_zone_name(text);
  if (!name) co_return to_response(name.error());
  co_return co_await show(request, *std::move(name), 200);
}

ZoneRoutes::Answer ZoneRoutes::put(const ApiRequest& request, const std::string& text) {
  auto name = parse_zone_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const Zone zone = take_zone(*body, *name, request.actor);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [&zone, &request, now = clock_.wall()](Store& store) {
    return put_zone(store, request.actor, zone, now);
  };
  const auto change = co_await store_.run(std::move(call));
  if (!change && change.error().code == StoreErrc::not_found) {
    co_return to_response({ProblemType::unknown_tenant, zone.tenant + " is not a tenant here"});
  }
  if (!change) co_return to_response(to_problem(change.error()));
  if (change->refused) co_return to_response(to_problem(*change->refused, "name"));
  if (!change->changed.empty()) listener_.hostnames_changed(change->changed);
  co_return co_await show(request, zone.name, change->outcome == AddOutcome::added ? 201 : 200);
}

ZoneRoutes::Answer ZoneRoutes::remove(const ApiRequest& request, const std::string& text) {
  auto name = parse_zone_name(text);
  if (!name) co_return to_response(name.error());
  auto call = [&request, &name, now = clock_.wall()](Store& store) {
    return remove_in(store, request.actor, *name, now);
  };
  const auto outcome = co_await store_.run(std::move(call));
  if (!outcome) co_return to_response(to_problem(outcome.error()));
  if (!*outcome) co_return to_response(outcome->error());
  if (**outcome == RemoveOutcome::not_found) co_return unknown_zone(*name);
  co_return ApiResponse{.status = 204, .content_type = ""};
}

ZoneRoutes::Answer ZoneRoutes::show(const ApiRequest& request,
                                    base::DomainName name,
                                    unsigned status) {
  if (name.is_wildcard() || name.is_address()) co_return unknown_zone(name);
  auto call = [&request, &name](Store& store) { return find(store, request.actor, name); };
  const auto detail = co_await store_.run(std::move(call));
  if (!detail) co_return to_response(to_problem(detail.error()));
  if (!*detail) co_return unknown_zone(name);
  ordered_json json = to_json((*detail)->zone);
  const auto& wildcard = (*detail)->wildcard;
  json["wildcard"] = wildcard ? to_json(*wildcard, clock_.wall()) : ordered_json(nullptr);
  const auto refusal = wildcard_refusal((*detail)->zone, rules_);
  json["wildcard_refusal"] = refusal ? ordered_json(*refusal) : ordered_json(nullptr);
  co_return ApiResponse{.status = status, .body = to_text(json)};
}

}  // namespace agent
