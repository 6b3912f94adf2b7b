#include "agent/api/certificate_routes.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/api/certificate_id.h"
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

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();

std::string_view to_string(RenewalOutcome outcome) {
  switch (outcome) {
    case RenewalOutcome::requested: return "requested";
    case RenewalOutcome::under_way: return "under_way";
    case RenewalOutcome::disabled: return "disabled";
    case RenewalOutcome::custom: return "custom";
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

/// A certificate that is gone may have been revoked.
struct Found {
  std::optional<Certificate> certificate = std::nullopt;
  std::optional<Revocation> revocation = std::nullopt;
};

StoreResult<Found> read_by_id(Store& store, CertificateId id) {
  Found found;
  const auto page = store.certificates(CertificateSelection::all, CertificateId(id.value() - 1), 1);
  if (!page) return base::Unexpected(page.error());
  if (!page->empty() && page->front().id == id) found.certificate = page->front();
  auto revocation = store.revocation(id);
  if (!revocation) return base::Unexpected(revocation.error());
  found.revocation = *std::move(revocation);
  return found;
}

/// nullopt if there is no such hostname.
StoreResult<std::optional<Found>> read_by_name(Store& store, const base::DomainName& name) {
  const auto detail = store.hostname(name);
  if (!detail) return base::Unexpected(detail.error());
  if (!*detail) return std::optional<Found>();
  if (!(*detail)->certificate) return std::optional<Found>(Found());
  StoreResult<Found> found = read_by_id(store, (*detail)->certificate->id);
  if (!found) return base::Unexpected(found.error());
  return std::optional<Found>(*std::move(found));
}

ordered_json to_json(const Found& found) {
  ordered_json json;
  if (found.certificate) {
    json = to_json(*found.certificate);
  } else {
    const Revocation& revocation = *found.revocation;
    json["id"] = revocation.certificate.value();
    json["authority"] = revocation.authority;
    json["names"] = ordered_json::array();
    for (const base::DomainName& name : revocation.names) json["names"].push_back(name.text());
    json["serial"] = revocation.serial;
    json["not_after"] = to_text(revocation.not_after);
    json["state"] = "gone";
  }
  json["revocation"] = found.revocation ? to_json(*found.revocation) : ordered_json(nullptr);
  return json;
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
  const auto limit = parameters.page_size();
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
  if (const auto id = parse_certificate_id(text)) co_return co_await show_by_id(*id);
  co_return co_await show_by_name(text);
}

CertificateRoutes::Answer CertificateRoutes::show_by_id(CertificateId id) {
  auto call = [id](Store& store) { return read_by_id(store, id); };
  const auto found = co_await store_.run(std::move(call));
  if (!found) co_return to_response(to_problem(found.error()));
  if (!found->certificate && !found->revocation) {
    co_return unknown_certificate("there is no certificate " + std::to_string(id.value()));
  }
  const ordered_json json = to_json(*found);
  co_return ApiResponse{.body = to_text(json)};
}

CertificateRoutes::Answer CertificateRoutes::show_by_name(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (!name) {
    co_return to_response(invalid_fields({{"name", "hostname", std::move(name).error()}}));
  }
  auto call = [hostname = *name](Store& store) { return read_by_name(store, hostname); };
  const auto detail = co_await store_.run(std::move(call));
  if (!detail) co_return to_response(to_problem(detail.error()));
  if (!*detail) {
    co_return to_response(
        {ProblemType::unknown_hostname, name->text() + " is not a hostname here"});
  }
  if (!(*detail)->certificate) {
    co_return unknown_certificate(name->text() + " has no certificate yet");
  }
  const ordered_json json = to_json(**detail);
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
