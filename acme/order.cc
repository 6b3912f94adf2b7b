#include "acme/order.h"

#include "acme/json.h"
#include "acme/problem.h"

namespace acme {
namespace {

/// Twice what any authority puts into one certificate.
constexpr std::size_t max_authorizations = 200;

std::optional<OrderStatus> order_status(std::string_view text) {
  if (text == "pending") return OrderStatus::pending;
  if (text == "ready") return OrderStatus::ready;
  if (text == "processing") return OrderStatus::processing;
  if (text == "valid") return OrderStatus::valid;
  if (text == "invalid" || text == "deactivated") return OrderStatus::invalid;
  return std::nullopt;
}

/// nullopt if one of them is no URL, or there are too many.
std::optional<std::vector<Url>> parse_authorizations(const Json& object, const Url& request_url) {
  std::vector<Url> urls;
  for (const std::string& text : object.strings("authorizations")) {
    std::optional<Url> url = resolve_url(request_url, text);
    if (!url || urls.size() == max_authorizations) return std::nullopt;
    urls.push_back(*std::move(url));
  }
  return urls;
}

std::optional<Url> parse_url(const Json& object, std::string_view name, const Url& request_url) {
  const std::optional<std::string> text = object.string(name);
  return text ? resolve_url(request_url, *text) : std::nullopt;
}

}  // namespace

base::Result<Order, Error> parse_order(std::string_view json, const Url& request_url) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the order is no JSON object"));
  const auto status = order_status(object->string("status").value_or(""));
  if (!status) return base::Unexpected(bad_response("the order has no status we know"));
  auto authorizations = parse_authorizations(*object, request_url);
  if (!authorizations) {
    return base::Unexpected(bad_response("the order's authorizations are no list of URLs"));
  }
  Order order{.status = *status,
              .authorizations = *std::move(authorizations),
              .finalize = parse_url(*object, "finalize", request_url),
              .certificate = parse_url(*object, "certificate", request_url),
              .error = {}};
  if (const std::optional<Json> error = object->object("error")) {
    order.error = to_error(parse_problem(*error), Origin::order);
  }
  return order;
}

std::string encode_new_order(const NewOrder& order) {
  std::string list;
  for (const Identifier& identifier : order.identifiers) {
    JsonWriter object;
    object.add("type", identifier.type()).add("value", identifier.value());
    list += (list.empty() ? "" : ",") + object.text();
  }
  JsonWriter payload;
  payload.add_json("identifiers", "[" + list + "]");
  if (!order.profile.empty()) payload.add("profile", order.profile);
  if (order.replaces) payload.add("replaces", order.replaces->value());
  return payload.text();
}

std::string encode_finalize(std::string_view csr) {
  return JsonWriter().add("csr", csr).text();
}

}  // namespace acme
