#include "agent/api/token_routes.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/views.h"
#include "agent/model/tenant.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t max_days = 3650;

std::optional<Scope> parse_scope(std::string_view text) {
  for (const Scope scope : {Scope::admin, Scope::tenant, Scope::read_only}) {
    if (to_string(scope) == text) return scope;
  }
  return std::nullopt;
}

/// What there is to see of a token: never its hash.
ordered_json to_json(const ApiToken& token) {
  ordered_json json;
  json["name"] = token.name;
  json["scope"] = to_string(token.scope);
  json["tenant"] = token.tenant.empty() ? ordered_json(nullptr) : ordered_json(token.tenant);
  json["created"] = to_text(token.created);
  json["expires"] = token.expires ? ordered_json(to_text(*token.expires)) : ordered_json(nullptr);
  return json;
}

ApiToken take_token(JsonBody& body, base::WallTime now) {
  ApiToken token;
  token.created = now;
  auto name = parse_tenant_id(body.text("name").value_or(""), "name");
  if (name) {
    token.name = *std::move(name);
  } else {
    body.refuse("name", "token-name", name.error());
  }
  const auto scope = parse_scope(body.text("scope").value_or(""));
  if (scope) token.scope = *scope;
  if (!scope) body.refuse("scope", "choice", "expected admin, tenant or read-only");
  token.tenant = body.text("tenant").value_or("");
  if (scope && (*scope == Scope::tenant) == token.tenant.empty()) {
    body.refuse(
        "tenant", "required", "expected a tenant's id with the scope tenant, and only then");
  }
  if (const auto days = body.number("days", 1, max_days)) {
    token.expires = now + std::chrono::days(*days);
  }
  return token;
}

}  // namespace

void TokenRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest&, const std::string&) { return list(); };
  const auto add_route = [this](const ApiRequest& r, const std::string&) { return add(r); };
  const auto remove_route = [this](const ApiRequest& r, const std::string& n) {
    return remove(r, n);
  };
  router.add(HttpMethod::get, "/v1/tokens", list_route);
  router.add(HttpMethod::post, "/v1/tokens", add_route);
  router.add(HttpMethod::remove, "/v1/tokens/{name}", remove_route);
}

TokenRoutes::Answer TokenRoutes::list() {
  auto call = [](Store& store) { return store.tokens(); };
  const auto tokens = co_await store_.run(std::move(call));
  if (!tokens) co_return to_response(agent::to_problem(tokens.error()));
  ordered_json json;
  json["tokens"] = ordered_json::array();
  for (const ApiToken& token : *tokens) json["tokens"].push_back(to_json(token));
  co_return ApiResponse{.body = to_text(json)};
}

TokenRoutes::Answer TokenRoutes::add(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  ApiToken token = take_token(*body, clock_.wall());
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const std::string text = new_token_text(random_);
  token.hash = hash_of_token(text);
  auto call = [&token, &request](Store& store) {
    const ActingAs acting(store, request.actor.name);
    return store.add_token(token, token.created);
  };
  const auto added = co_await store_.run(std::move(call));
  if (!added && added.error().code == StoreErrc::not_found) {
    co_return to_response({ProblemType::unknown_tenant, token.tenant + " is not a tenant here"});
  }
  if (!added) co_return to_response(agent::to_problem(added.error()));
  book_.forget();
  ordered_json json = to_json(token);
  json["token"] = text;
  co_return ApiResponse{.status = 201, .body = to_text(json)};
}

TokenRoutes::Answer TokenRoutes::remove(const ApiRequest& request, const std::string& name) {
  auto call = [&request, &name, now = clock_.wall()](Store& store) {
    const ActingAs acting(store, request.actor.name);
    return store.remove_token(name, now);
  };
  const auto outcome = co_await store_.run(std::move(call));
  book_.forget();  // even if the answer is lost
  if (!outcome) co_return to_response(agent::to_problem(outcome.error()));
  if (*outcome == RemoveOutcome::not_found) {
    co_return to_response({ProblemType::unknown_token, name + " is not a token here"});
  }
  co_return ApiResponse{.status = 204, .content_type = ""};
}

}  // namespace agent
