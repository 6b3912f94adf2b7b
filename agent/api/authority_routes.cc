#include "agent/api/authority_routes.h"

#include <string>

#include <nlohmann/json.hpp>

#include "agent/api/json_text.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

ordered_json to_json(const AuthorityFigures& authority) {
  ordered_json json;
  json["name"] = authority.name;
  json["directory"] = authority.directory_url;
  json["account"] = optional_text(authority.account_url);
  json["thumbprint"] = optional_text(authority.thumbprint);
  json["profile"] = optional_text(authority.profile);
  json["breaker"] = authority.breaker;
  json["trouble"] = optional_text(authority.trouble);
  json["orders_running"] = authority.orders_running;
  json["orders_suspended"] = authority.orders_suspended;
  return json;
}

}  // namespace

void AuthorityRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest&, const std::string&) { return list(); };
  router.add(HttpMethod::get, "/v1/authorities", list_route);
}

base::asio::awaitable<ApiResponse> AuthorityRoutes::list() {
  ordered_json json;
  json["authorities"] = ordered_json::array();
  for (const AuthorityFigures& authority : figures_.figures().authorities) {
    json["authorities"].push_back(to_json(authority));
  }
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
