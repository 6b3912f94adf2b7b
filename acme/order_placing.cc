#include <algorithm>
#include <array>
#include <utility>

#include "acme/order.h"
#include "acme/order_run.h"
#include "acme/problem.h"

namespace acme {
namespace {

/// Whether a refusal of newOrder may be for its `replaces` (RFC 9773 §5). Authorities have said it
/// in many ways: alreadyReplaced, malformed with any of these statuses, unauthorized for a
/// certificate of another account, conflict, or no problem document at all.
bool may_refuse_replaces(const Error& error) {
  constexpr std::array statuses = {400, 403, 404, 405, 409};
  constexpr std::array codes = {Errc::already_replaced,
                                Errc::malformed,
                                Errc::unauthorized,
                                Errc::conflict,
                                Errc::unknown_problem};
  const auto has = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  return has(codes, error.code) && has(statuses, error.http_status);
}

}  // namespace

Action OrderRun::make_key() {
  progress_.step = OrderStep::make_key;
  return GenerateKey{record_.key_type, record_.identifiers};
}

Action OrderRun::on_key(const KeyGenerated& made) {
  record_.private_key_pem = made.key.private_key_pem;
  record_.csr = made.key.csr;
  ++record_.keys_made;
  return go_on();
}

Action OrderRun::place_order() {
  progress_.step = OrderStep::place_order;
  const NewOrder order{record_.identifiers, record_.profile, replaces()};
  return Post{Endpoint::new_order, encode_new_order(order), {}, record_.profile};
}

std::optional<CertId> OrderRun::replaces() const {
  return record_.is_replaces_refused ? std::nullopt : record_.replaces;
}

bool OrderRun::is_replaces_refused_by(const Error& error) const {
  return progress_.step == OrderStep::place_order && replaces() && may_refuse_replaces(error);
}

Action OrderRun::place_without_replaces() {
  record_.is_replaces_refused = true;
  return place_order();
}

Action OrderRun::on_placed(const Response& response) {
  const std::string_view location = find_header(response.http, "location");
  std::optional<Url> url = location.empty() ? std::nullopt : resolve_url(response.url, location);
  if (!url) return on_error(bad_response("the new order has no usable Location"));
  record_.order_url = *std::move(url);
  ++record_.orders_placed;
  record_.faults_in_a_row = 0;
  return on_order(response);
}

}  // namespace acme
