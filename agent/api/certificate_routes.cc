#include "agent/api/certificate_routes.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/name_list.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/rule_problem.h"
#include "agent/api/views.h"
#include "agent/model/hostname_input.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t max_page = 1'000;
constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();

std::string_view to_string(RenewalOutcome outcome) {
  switch (outcome) {
    case RenewalOutcome::requested: return "requested";
    case RenewalOutcome::under_way: return "under_way";
    case RenewalOutcome::disabled: return "disabled";
    case RenewalOutcome::not_found: return "not_found";
  }
  return "unknown";
}

CertificateSelection take_selection(QueryParameters& parameters) {
  const std::string text = parameters.text("state").value_or("wanted");
  if (text == "wanted") return CertificateSelection::wanted;
  if (text == "retired") return CertificateSelection::retired;
  if (text != "all") parameters.refuse("state", "choice", "expected wanted, retired or all");
  return CertificateSelection::all;
}

/// nullopt if it is not made of digits, as no hostname is.
std::optional<CertificateId> parse_id(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size() || number < 1) return std::nullopt;
  return CertificateId(number);
}

using Renewals = base::Result<std::vector<RenewalOutcome>, Problem>;

/// Renews what the actor may, or nothing.
StoreResult<Renewals> renew_in(Store& store,
                               const PlatformRules& rules,
                               const Actor& actor,
                               const std::vector<base::DomainName>& names,
                               base::WallTime now) {
  HostnameChanges changes(store, rules, actor, now);
  std::vector<RefusedName> refused;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto violation = changes.refusal(names[i]);
    if (!violation) return base::Unexpected(std::move(violation.error()));
    if (*violation) refused.push_back({i, **std::move(violation)});
  }
  if (!refused.empty()) return Renewals(base::Unexpected(to_problem(refused, "names", true)));
  const ActingAs acting(store, actor.name);
  auto outcomes = store.request_renewal(names, now);
  if (!outcomes) return base::Unexpected(std::move(outcomes.error()));
  return Renewals(*std::move(outcomes));
}

ApiResponse unknown_certificate(std::string detail) {
  return to_response({ProblemType::unknown_certificate, std::move(detail)});
}

}  // namespace

void CertificateRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  const auto renew_route = [this](const ApiRequest& r, const std::string&) { return renew(r); };
  const auto show_route = [this](const ApiRequest&, const std::string& t) { return show(t); };
  router.add(HttpMethod::get, "/v1/certificates", list_route);
  router.add(
      HttpMethod::post, "/v1/certificates/renew", renew_route, Router::Audience::tenants_too);
  router.add(HttpMethod::get, "/v1/certificates/{id}", show_route);
}

CertificateRoutes::Answer CertificateRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  const CertificateSelection selection = take_selection(parameters);
  const CertificateId after(parameters.number("cursor", 0, 0, max_id));
  const auto limit = static_cast<std::size_t>(parameters.number("limit", 100, 1, max_page));
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  auto call = [=](Store& store) { return store.certificates(selection, after, limit); };
  const auto certificates = co_await store_.run(std::move(call));
  if (!certificates) co_return to_response(to_problem(certificates.error()));
  ordered_json json;
  json["certificates"] = ordered_json::array();
  for (const Certificate& certificate : *certificates) {
    json["certificates"].push_back(to_json(certificate));
  }
  json["next"] = certificates->size() < limit ? ordered_json(nullptr)
                                              : ordered_json(certificates->back().id.value());
  co_return ApiResponse{.body = to_text(json)};
}

CertificateRoutes::Answer CertificateRoutes::renew(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::vector<base::DomainName> names = take_names(*body, max_names);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [&rules = rules_, &request, &names, now = clock_.wall()](Store& store) {
    return renew_in(store, rules, request.actor, names, now);
  };
  const auto answered = co_await store_.run(std::move(call));
  if (!answered) co_return to_response(to_problem(answered.error()));
  if (!*answered) co_return to_response(answered->error());
  const std::vector<RenewalOutcome>& outcomes = **answered;
  std::vector<base::DomainName> requested;
  ordered_json json;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const RenewalOutcome outcome = outcomes[i];
    json["results"].push_back({{"name", names[i].text()}, {"outcome", to_string(outcome)}});
    if (outcome == RenewalOutcome::requested) requested.push_back(names[i]);
  }
  if (!requested.empty()) listener_.renewal_requested(requested);
  co_return ApiResponse{.status = 202, .body = to_text(json)};
}

CertificateRoutes::Answer CertificateRoutes::show(const std::string& text) {
  if (const auto id = parse_id(text)) co_return co_await show_by_id(*id);
  co_return co_await show_by_name(text);
}

CertificateRoutes::Answer CertificateRoutes::show_by_id(CertificateId id) {
  auto call = [id](Store& store) {
    return store.certificates(CertificateSelection::all, CertificateId(id.value() - 1), 1);
  };
  const auto found = co_await store_.run(std::move(call));
  if (!found) co_return to_response(to_problem(found.error()));
  if (found->empty() || found->front().id != id) {
    co_return unknown_certificate("there is no certificate " + std::to_string(id.value()));
  }
  const ordered_json json = to_json(found->front());
  co_return ApiResponse{.body = to_text(json)};
}

CertificateRoutes::Answer CertificateRoutes::show_by_name(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (!name) {
    co_return to_response(invalid_fields({{"name", "hostname", std::move(name).error()}}));
  }
  auto call = [hostname = *name](Store& store) { return store.hostname(hostname); };
  const auto detail = co_await store_.run(std::move(call));
  if (!detail) co_return to_response(to_problem(detail.error()));
  if (!*detail) {
    co_return to_response(
        {ProblemType::unknown_hostname, name->text() + " is not a hostname here"});
  }
  if (!(*detail)->certificate) {
    co_return unknown_certificate(name->text() + " has no certificate yet");
  }
  const ordered_json json = to_json(*(*detail)->certificate);
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
