#include "agent/api/revocation_routes.h"

#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/certificate_id.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/query_parameters.h"
#include "agent/api/views.h"
#include "agent/model/hostname_input.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
/// Of one transaction: the database has other work.
constexpr std::size_t at_once = 500;

std::string_view to_string(RevocationOutcome outcome) {
  switch (outcome) {
    case RevocationOutcome::requested: return "requested";
    case RevocationOutcome::under_way: return "under_way";
    case RevocationOutcome::already_revoked: return "already_revoked";
    case RevocationOutcome::not_found: return "not_found";
  }
  return "unknown";
}

RevocationWish take_wish(JsonBody& body) {
  RevocationWish wish;
  if (const auto text = body.text("reason")) {
    const auto reason = acme::parse_revocation_reason(*text);
    if (reason) {
      wish.reason = *reason;
    } else {
      body.refuse("reason",
                  "choice",
                  "expected unspecified, keyCompromise, superseded or cessationOfOperation");
    }
  }
  if (body.boolean("replace").value_or(true)) return wish;
  wish.replacement = RevocationWish::Replacement::none;
  if (wish.reason == acme::RevocationReason::key_compromise) {
    body.refuse("replace", "range", "a compromised key is always replaced");
  }
  return wish;
}

/// Which certificate a request means.
struct Named {
  std::string text{};
  std::optional<CertificateId> id = std::nullopt;
  bool is_served = true;  ///< its authority is in the configuration
};

StoreResult<Named> find(Store& store, const std::string& text, const std::set<std::string>& known) {
  Named named{.text = text, .id = parse_certificate_id(text)};
  std::optional<Certificate> certificate;
  if (named.id) {
    const auto found =
        store.certificates(CertificateSelection::all, CertificateId(named.id->value() - 1), 1);
    if (!found) return base::Unexpected(found.error());
    if (!found->empty() && found->front().id == *named.id) certificate = found->front();
  } else if (const auto name = parse_hostname(text, "name")) {
    const auto detail = store.hostname(*name);
    if (!detail) return base::Unexpected(detail.error());
    if (*detail) certificate = (*detail)->certificate;
    if (certificate) named.id = certificate->id;
  }
  if (certificate) named.is_served = known.contains(certificate->authority);
  return named;
}

struct Outcome {
  Named named{};
  std::string_view outcome{};
};

/// All in one transaction.
StoreResult<std::vector<Outcome>> request_all(Store& store,
                                              const std::vector<std::string>& texts,
                                              const std::set<std::string>& known,
                                              const RevocationWish& wish,
                                              base::WallTime now) {
  std::vector<Outcome> outcomes;
  for (const std::string& text : texts) {
    const StoreResult<Named> named = find(store, text, known);
    if (!named) return base::Unexpected(named.error());
    if (!named->id || !named->is_served) {
      outcomes.push_back({*named, named->id ? "unknown_authority" : "not_found"});
      continue;
    }
    const auto requested = store.request_revocations(std::vector{*named->id}, wish, now);
    if (!requested) return base::Unexpected(requested.error());
    outcomes.push_back({*named, to_string(requested->front())});
  }
  return outcomes;
}

StoreResult<std::vector<Outcome>> request_together(Store& store,
                                                   const std::vector<std::string>& texts,
                                                   const std::set<std::string>& known,
                                                   const RevocationWish& wish,
                                                   base::WallTime now) {
  StoreResult<std::vector<Outcome>> outcomes = std::vector<Outcome>();
  const StoreResult<void> committed =
      store.commit_together([&] { outcomes = request_all(store, texts, known, wish, now); });
  if (!committed) return base::Unexpected(committed.error());
  return outcomes;
}

/// A page of an authority's certificates.
struct Page {
  std::size_t requested = 0;
  CertificateId last{0};
  bool is_last = true;
};

StoreResult<Page> request_page(Store& store,
                               const std::string& authority,
                               CertificateId after,
                               const RevocationWish& wish,
                               base::WallTime now) {
  const auto found = store.certificates(CertificateSelection::all, after, at_once);
  if (!found) return base::Unexpected(found.error());
  std::vector<CertificateId> ids;
  for (const Certificate& certificate : *found) {
    if (certificate.authority == authority && certificate.not_after > now) {
      ids.push_back(certificate.id);
    }
  }
  const auto outcomes = store.request_revocations(ids, wish, now);
  if (!outcomes) return base::Unexpected(outcomes.error());
  Page page{.is_last = found->size() < at_once};
  if (!found->empty()) page.last = found->back().id;
  for (const RevocationOutcome outcome : *outcomes) {
    if (outcome == RevocationOutcome::requested) ++page.requested;
  }
  return page;
}

}  // namespace

void RevocationRoutes::add_to(Router& router) {
  const auto revoke_route = [this](const ApiRequest& r, const std::string&) { return revoke(r); };
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  router.add(HttpMethod::post, "/v1/certificates/revoke", revoke_route);
  router.add(HttpMethod::get, "/v1/revocations", list_route);
}

std::set<std::string> RevocationRoutes::authorities() const {
  std::set<std::string> names;
  for (const AccountView& view : accounts_.accounts()) names.insert(view.authority);
  return names;
}

RevocationRoutes::Answer RevocationRoutes::revoke(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  RevocationWish wish = take_wish(*body);
  const std::optional<std::string> all_of = body->text("all_of");
  std::vector<std::string> texts;
  if (!all_of) texts = body->texts("certificates", max_certificates);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  if (!all_of) co_return co_await revoke_these(std::move(texts), wish);
  if (!authorities().contains(*all_of)) {
    co_return to_response(
        {ProblemType::unknown_authority, "the configuration has no authority " + *all_of});
  }
  std::string authority = *all_of;
  co_return co_await revoke_all_of(std::move(authority), wish);
}

RevocationRoutes::Answer RevocationRoutes::revoke_these(std::vector<std::string> texts,
                                                        RevocationWish wish) {
  auto call = [&texts, known = authorities(), wish, now = clock_.wall()](Store& store) {
    return request_together(store, texts, known, wish, now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  ordered_json json;
  json["results"] = ordered_json::array();
  for (const auto& [named, outcome] : *outcomes) {
    json["results"].push_back(
        {{"name", named.text},
         {"id", named.id ? ordered_json(named.id->value()) : ordered_json(nullptr)},
         {"outcome", outcome}});
  }
  listener_.revocations_requested();
  co_return ApiResponse{.status = 202, .body = to_text(json)};
}

/// Those who wait for their first certificate go before so many replacements.
RevocationRoutes::Answer RevocationRoutes::revoke_all_of(std::string authority,
                                                         RevocationWish wish) {
  if (wish.replacement == RevocationWish::Replacement::at_once) {
    wish.replacement = RevocationWish::Replacement::as_renewal;
  }
  std::size_t requested = 0;
  Page page{.is_last = false};
  while (!page.is_last) {
    auto call = [&authority, after = page.last, wish, now = clock_.wall()](Store& store) {
      return request_page(store, authority, after, wish, now);
    };
    const StoreResult<Page> next = co_await store_.run(std::move(call));
    if (!next) co_return to_response(to_problem(next.error()));
    page = *next;
    requested += page.requested;
    listener_.revocations_requested();
  }
  ordered_json json;
  json["requested"] = requested;
  co_return ApiResponse{.status = 202, .body = to_text(json)};
}

RevocationRoutes::Answer RevocationRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  std::optional<RevocationState> state;
  const std::string wanted = parameters.text("state").value_or("");
  for (const RevocationState candidate :
       {RevocationState::pending, RevocationState::revoked, RevocationState::refused}) {
    if (agent::to_string(candidate) == wanted) state = candidate;
  }
  if (!wanted.empty() && !state) {
    parameters.refuse("state", "choice", "expected pending, revoked or refused");
  }
  const CertificateId after(parameters.number("cursor", 0, 0, max_id));
  const auto limit = parameters.page_size();
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  auto call = [=](Store& store) { return store.revocations(state, after, limit); };
  const auto revocations = co_await store_.run(std::move(call));
  if (!revocations) co_return to_response(to_problem(revocations.error()));
  ordered_json json;
  json["revocations"] = ordered_json::array();
  for (const Revocation& revocation : *revocations) {
    json["revocations"].push_back(to_json(revocation));
  }
  json["next"] = revocations->size() < limit
                     ? ordered_json(nullptr)
                     : ordered_json(revocations->back().certificate.value());
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
