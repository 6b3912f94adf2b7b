#include "agent/api/hostname_routes.h"

#include <algorithm>
#include <optional>
#include <utility>

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

constexpr std::size_t max_search = 253;

std::string_view to_string(AddOutcome outcome) {
  switch (outcome) {
    case AddOutcome::added: return "added";
    case AddOutcome::updated: return "updated";
    case AddOutcome::unchanged: return "unchanged";
  }
  return "unknown";
}

std::string_view to_string(RemoveOutcome outcome) {
  switch (outcome) {
    case RemoveOutcome::removed: return "removed";
    case RemoveOutcome::not_found: return "not_found";
  }
  return "unknown";
}

/// What is wanted of hostnames, as a body says it.
struct Wanted {
  std::optional<HostnameMode> mode;
  std::optional<HttpsRedirect> https_redirect;
  std::optional<ChallengePath> challenge_path;
};

Wanted take_wanted(JsonBody& body) {
  Wanted wanted;
  if (const auto text = body.text("mode")) {
    wanted.mode = parse_hostname_mode(*text);
    if (!wanted.mode) body.refuse("mode", "choice", "expected automatic, wildcard, custom or off");
  }
  if (const auto value = body.boolean("https_redirect")) {
    wanted.https_redirect = *value ? HttpsRedirect::on : HttpsRedirect::off;
  }
  if (const auto text = body.text("challenge_path")) {
    wanted.challenge_path = parse_challenge_path(*text);
    if (!wanted.challenge_path) {
      body.refuse("challenge_path", "choice", "expected answered or left_alone");
    }
  }
  return wanted;
}

HostnameWish wish_of(const base::DomainName& name, const Wanted& wanted) {
  return {name, wanted.mode, wanted.https_redirect, wanted.challenge_path};
}

bool is_search_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

std::string take_search(QueryParameters& parameters) {
  std::string search = parameters.text("search").value_or("");
  std::transform(search.begin(), search.end(), search.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (search.size() > max_search ||
      !std::all_of(search.begin(), search.end(), is_search_character)) {
    parameters.refuse("search", "characters", "expected part of a name: a-z, 0-9, hyphen and dot");
  }
  return search;
}

HostnameQuery take_query(QueryParameters& parameters) {
  HostnameQuery query;
  query.limit = parameters.page_size();
  query.after = parameters.text("cursor").value_or("");
  query.search = take_search(parameters);
  const std::string match = parameters.text("match").value_or("prefix");
  if (match == "contains") {
    query.match = HostnameQuery::Match::contains;
  } else if (match != "prefix") {
    parameters.refuse("match", "choice", "expected prefix or contains");
  }
  if (const auto state = parameters.text("state")) {
    query.state = parse_cert_state(*state);
    if (!query.state || *query.state == CertState::none) {
      parameters.refuse("state", "choice", "expected pending, ready, expired or disabled");
    }
  }
  if (const auto usage = parameters.text("usage")) {
    query.usage = HostnameQuery::Usage::unused;
    if (*usage != "unused") parameters.refuse("usage", "choice", "expected unused");
  }
  query.tenant = parameters.text("tenant").value_or("");
  if (const auto zone = parameters.text("zone")) {
    auto name = parse_hostname(*zone, "zone");
    if (name) {
      query.zone = *std::move(name);
    } else {
      parameters.refuse("zone", "hostname", name.error());
    }
  }
  return query;
}

/// Each name beside what became of it.
template <class Outcome>
ApiResponse outcomes_response(const std::vector<base::DomainName>& names,
                              const std::vector<Outcome>& outcomes) {
  ordered_json results = ordered_json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    results.push_back({{"name", names[i].text()}, {"outcome", to_string(outcomes[i])}});
  }
  ordered_json json;
  json["results"] = std::move(results);
  return {.body = to_text(json)};
}

/// The names of which the outcome is not `nothing`.
template <class Outcome>
std::vector<base::DomainName> changed_names(const std::vector<base::DomainName>& names,
                                            const std::vector<Outcome>& outcomes,
                                            Outcome nothing) {
  std::vector<base::DomainName> changed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (outcomes[i] != nothing) changed.push_back(names[i]);
  }
  return changed;
}

base::Result<base::DomainName, Problem> parse_path_name(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (name) return *std::move(name);
  return base::Unexpected(invalid_fields({{"name", "hostname", std::move(name).error()}}));
}

ApiResponse unknown_hostname(const base::DomainName& name) {
  return to_response({ProblemType::unknown_hostname, name.text() + " is not a hostname here"});
}

/// Stands for what is wanted of it, not for where it is on its way there.
std::string etag_of(const Hostname& hostname) {
  return std::string("\"")
      .append(to_string(hostname.mode))
      .append(hostname.https_redirect == HttpsRedirect::on ? "-redirect" : "-plain")
      .append(hostname.challenge_path == ChallengePath::left_alone ? "-left-alone" : "")
      .append("\"");
}

/// Whether the request may go on: it has no If-Match, or one for this state (RFC 9110 §13.1.1).
bool matches(const ApiRequest& request, const std::optional<HostnameDetail>& detail) {
  if (request.if_match.empty()) return true;
  if (!detail) return false;
  return request.if_match == "*" || request.if_match == etag_of(detail->hostname);
}

/// Whether the tenant who asks owns it; others see all.
StoreResult<bool> may_see(Store& store, const Actor& actor, const Hostname& hostname) {
  if (!actor.is_tenant()) return true;
  if (!hostname.zone) return false;
  const auto zone = store.zone(*hostname.zone);
  if (!zone) return base::Unexpected(zone.error());
  return *zone && (*zone)->tenant == actor.tenant;
}

/// nullopt if it is not there, or another tenant's.
StoreResult<std::optional<HostnameDetail>> find(Store& store,
                                                const Actor& actor,
                                                const base::DomainName& name) {
  auto detail = store.hostname(name);
  if (!detail || !*detail) return detail;
  const StoreResult<bool> visible = may_see(store, actor, (*detail)->hostname);
  if (!visible) return base::Unexpected(visible.error());
  if (!*visible) return std::optional<HostnameDetail>();
  return detail;
}

/// What a call to the store found to answer with, or what it did.
template <class Done>
using Carried = StoreResult<base::Result<Done, Problem>>;

const Problem precondition_failed{ProblemType::precondition_failed,
                                  "the hostname is not as If-Match says; look at it again"};

Carried<HostnameChange> put_in(Store& store,
                               const PlatformRules& rules,
                               const ApiRequest& request,
                               const HostnameWish& wish,
                               bool must_exist,
                               base::WallTime now) {
  const auto before = store.hostname(wish.name);
  if (!before) return base::Unexpected(before.error());
  if (must_exist && !*before) {
    return base::Result<HostnameChange, Problem>(base::Unexpected(
        Problem{ProblemType::unknown_hostname, wish.name.text() + " is not a hostname here"}));
  }
  if (!matches(request, *before)) {
    return base::Result<HostnameChange, Problem>(base::Unexpected(precondition_failed));
  }
  HostnameChanges changes(store, rules, request.actor, now);
  auto change = changes.put(std::span(&wish, 1), OnRefusal::refuse_all);
  if (!change) return base::Unexpected(std::move(change.error()));
  if (change->refused.empty()) return base::Result<HostnameChange, Problem>(*std::move(change));
  return base::Result<HostnameChange, Problem>(
      base::Unexpected(to_problem(change->refused, "name", false)));
}

/// Removes those that the actor may; the outcome of all, or what forbids it.
Carried<std::vector<RemoveOutcome>> remove_in(Store& store,
                                              const PlatformRules& rules,
                                              const Actor& actor,
                                              const std::vector<base::DomainName>& names,
                                              base::WallTime now) {
  using Outcomes = base::Result<std::vector<RemoveOutcome>, Problem>;
  HostnameChanges changes(store, rules, actor, now);
  std::vector<RefusedName> refused;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto violation = changes.refusal(names[i]);
    if (!violation) return base::Unexpected(std::move(violation.error()));
    // What is not to be had may still be got rid of.
    const bool is_barred = *violation && (*violation)->rule != "public-suffix";
    if (is_barred) refused.push_back({i, **std::move(violation)});
  }
  if (!refused.empty()) return Outcomes(base::Unexpected(to_problem(refused, "names", true)));
  const ActingAs acting(store, actor.name);
  auto outcomes = store.remove_hostnames(names, now);
  if (!outcomes) return base::Unexpected(std::move(outcomes.error()));
  return Outcomes(*std::move(outcomes));
}

}  // namespace

void HostnameRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  const auto add_route = [this](const ApiRequest& r, const std::string&) { return add(r); };
  const auto remove_many_route = [this](const ApiRequest& r, const std::string&) {
    return remove_many(r);
  };
  const auto show_route = [this](const ApiRequest& r, const std::string& n) { return show(r, n); };
  const auto replace_route = [this](const ApiRequest& r, const std::string& n) {
    return replace(r, n);
  };
  const auto change_route = [this](const ApiRequest& r, const std::string& n) {
    return change(r, n);
  };
  const auto remove_route = [this](const ApiRequest& r, const std::string& n) {
    return remove(r, n);
  };
  constexpr auto everybody = Router::Audience::tenants_too;
  router.add(HttpMethod::get, "/v1/hostnames", list_route, everybody);
  router.add(HttpMethod::post, "/v1/hostnames", add_route, everybody);
  // No hostname is a single label, so it hides none.
  router.add(HttpMethod::post, "/v1/hostnames/remove", remove_many_route, everybody);
  router.add(HttpMethod::get, "/v1/hostnames/{name}", show_route, everybody);
  router.add(HttpMethod::put, "/v1/hostnames/{name}", replace_route, everybody);
  router.add(HttpMethod::patch, "/v1/hostnames/{name}", change_route, everybody);
  router.add(HttpMethod::remove, "/v1/hostnames/{name}", remove_route, everybody);
}

HostnameRoutes::Answer HostnameRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  HostnameQuery query = take_query(parameters);
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
  if (request.actor.is_tenant()) query.tenant = request.actor.tenant;
  const base::WallTime now = clock_.wall();
  auto call = [query, now](Store& store) { return store.list_hostnames(query, now); };
  const auto page = co_await store_.run(std::move(call));
  if (!page) co_return to_response(to_problem(page.error()));
  ordered_json json;
  json["hostnames"] = ordered_json::array();
  for (const HostnameDetail& detail : page->hostnames) {
    json["hostnames"].push_back(to_json(detail, now));
  }
  json["next"] = page->next.empty() ? ordered_json(nullptr) : ordered_json(page->next);
  co_return ApiResponse{.body = to_text(json)};
}

HostnameRoutes::Answer HostnameRoutes::add(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::vector<base::DomainName> names = take_names(*body, max_names);
  const Wanted wanted = take_wanted(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  std::vector<HostnameWish> wishes;
  for (const base::DomainName& name : names) {
    wishes.push_back(wish_of(name, wanted));
  }
  auto call = [&rules = rules_, &request, &wishes, now = clock_.wall()](Store& store) {
    return HostnameChanges(store, rules, request.actor, now).put(wishes, OnRefusal::refuse_all);
  };
  const auto change = co_await store_.run(std::move(call));
  if (!change) co_return to_response(to_problem(change.error()));
  if (!change->refused.empty()) co_return to_response(to_problem(change->refused, "names", true));
  if (!change->changed.empty()) listener_.hostnames_changed(change->changed);
  std::vector<AddOutcome> outcomes;
  for (const auto& outcome : change->outcomes) outcomes.push_back(*outcome);
  co_return outcomes_response(names, outcomes);
}

HostnameRoutes::Answer HostnameRoutes::remove_many(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::vector<base::DomainName> names = take_names(*body, max_names);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [&rules = rules_, &request, &names, now = clock_.wall()](Store& store) {
    return remove_in(store, rules, request.actor, names, now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  if (!*outcomes) co_return to_response(outcomes->error());
  const auto removed = changed_names(names, **outcomes, RemoveOutcome::not_found);
  if (!removed.empty()) listener_.hostnames_changed(removed);
  co_return outcomes_response(names, **outcomes);
}

HostnameRoutes::Answer HostnameRoutes::show(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  co_return co_await show(request, *std::move(name), 200);
}

HostnameRoutes::Answer HostnameRoutes::replace(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const Wanted wanted = take_wanted(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  // What a PUT leaves out gets its default: the same PUT has the same effect whatever was before.
  HostnameWish wish{*std::move(name),
                    wanted.mode.value_or(HostnameMode::automatic),
                    wanted.https_redirect.value_or(HttpsRedirect::off),
                    wanted.challenge_path.value_or(ChallengePath::answered)};
  co_return co_await put(request, std::move(wish), Absent::added);
}

HostnameRoutes::Answer HostnameRoutes::change(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const Wanted wanted = take_wanted(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  HostnameWish wish = wish_of(*name, wanted);
  co_return co_await put(request, std::move(wish), Absent::unknown);
}

HostnameRoutes::Answer HostnameRoutes::put(const ApiRequest& request,
                                           HostnameWish wish,
                                           Absent absent) {
  const bool must_exist = absent == Absent::unknown;
  auto call = [&rules = rules_, &request, &wish, must_exist, now = clock_.wall()](Store& store) {
    return put_in(store, rules, request, wish, must_exist, now);
  };
  const auto change = co_await store_.run(std::move(call));
  if (!change) co_return to_response(to_problem(change.error()));
  if (!*change) co_return to_response(change->error());
  if (!(*change)->changed.empty()) listener_.hostnames_changed((*change)->changed);
  const bool is_new = (*change)->outcomes.front() == AddOutcome::added;
  co_return co_await show(request, wish.name, is_new ? 201 : 200);
}

HostnameRoutes::Answer HostnameRoutes::remove(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto call = [&rules = rules_, &request, &name, now = clock_.wall()](
                  Store& store) -> Carried<std::vector<RemoveOutcome>> {
    const auto before = store.hostname(*name);
    if (!before) return base::Unexpected(before.error());
    if (!matches(request, *before)) {
      return base::Result<std::vector<RemoveOutcome>, Problem>(
          base::Unexpected(precondition_failed));
    }
    return remove_in(store, rules, request.actor, {*name}, now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  if (!*outcomes) co_return to_response(outcomes->error());
  if ((*outcomes)->front() == RemoveOutcome::not_found) co_return unknown_hostname(*name);
  listener_.hostnames_changed(std::span(&*name, 1));
  co_return ApiResponse{.status = 204, .content_type = ""};
}

HostnameRoutes::Answer HostnameRoutes::show(const ApiRequest& request,
                                            base::DomainName name,
                                            unsigned status) {
  auto call = [&request, &name](Store& store) { return find(store, request.actor, name); };
  const auto detail = co_await store_.run(std::move(call));
  if (!detail) co_return to_response(to_problem(detail.error()));
  if (!*detail) co_return unknown_hostname(name);
  const ordered_json json = to_json(**detail, clock_.wall());
  const std::string etag = etag_of((*detail)->hostname);
  if (status == 200 && request.if_none_match == etag) {
    co_return ApiResponse{.status = 304, .content_type = "", .etag = etag};
  }
  co_return ApiResponse{.status = status, .body = to_text(json), .etag = etag};
}

}  // namespace agent
