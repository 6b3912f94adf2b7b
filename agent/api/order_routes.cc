#include "agent/api/order_routes.h"

#include <string>

#include <nlohmann/json.hpp>

#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/views.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

ordered_json to_json(const OrderRecord& order) {
  ordered_json json;
  json["id"] = order.id.value();
  json["authority"] = order.authority;
  json["names"] = ordered_json::array();
  for (const base::DomainName& name : order.names) json["names"].push_back(name.text());
  json["stage"] = order.stage.empty() ? "ordering" : order.stage;
  json["created"] = to_text(order.created);
  json["failures"] = order.failures;
  json["failing_since"] =
      order.failing_since ? ordered_json(to_text(*order.failing_since)) : nullptr;
  json["replaces"] = order.replaces.empty() ? ordered_json(nullptr) : ordered_json(order.replaces);
  json["second"] = order.role == CertificateRole::second;
  return json;
}

}  // namespace

void OrderRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  router.add(HttpMethod::get, "/v1/orders", list_route);
}

base::asio::awaitable<ApiResponse> OrderRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  const std::string authority = parameters.text("authority").value_or("");
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  auto call = [](Store& store) { return store.open_orders(); };
  const auto orders = co_await store_.run(std::move(call));
  if (!orders) co_return to_response(to_problem(orders.error()));
  ordered_json json;
  json["orders"] = ordered_json::array();
  for (const OrderRecord& order : *orders) {
    if (authority.empty() || order.authority == authority) json["orders"].push_back(to_json(order));
  }
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
