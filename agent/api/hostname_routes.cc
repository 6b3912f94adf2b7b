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
#include "agent/api/views.h"
#include "agent/model/hostname_input.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_search = 253;
constexpr std::int64_t max_page = 1'000;

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
};

Wanted take_wanted(JsonBody& body) {
  Wanted wanted;
  if (const auto text = body.text("mode")) {
    wanted.mode = parse_hostname_mode(*text);
    if (!wanted.mode) body.refuse("mode", "choice", "expected automatic or off");
  }
  if (const auto value = body.boolean("https_redirect")) {
    wanted.https_redirect = *value ? HttpsRedirect::on : HttpsRedirect::off;
  }
  return wanted;
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
  query.limit = static_cast<std::size_t>(parameters.number("limit", 100, 1, max_page));
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

}  // namespace

void HostnameRoutes::add_to(Router& router) {
  const auto list_route = [this](const ApiRequest& r, const std::string&) { return list(r); };
  const auto add_route = [this](const ApiRequest& r, const std::string&) { return add(r); };
  const auto remove_many_route = [this](const ApiRequest& r, const std::string&) {
    return remove_many(r);
  };
  const auto show_route = [this](const ApiRequest&, const std::string& n) { return show(n); };
  const auto replace_route = [this](const ApiRequest& r, const std::string& n) {
    return replace(r, n);
  };
  const auto change_route = [this](const ApiRequest& r, const std::string& n) {
    return change(r, n);
  };
  const auto remove_route = [this](const ApiRequest&, const std::string& n) { return remove(n); };
  router.add(HttpMethod::get, "/v1/hostnames", list_route);
  router.add(HttpMethod::post, "/v1/hostnames", add_route);
  // No hostname is a single label, so it hides none.
  router.add(HttpMethod::post, "/v1/hostnames/remove", remove_many_route);
  router.add(HttpMethod::get, "/v1/hostnames/{name}", show_route);
  router.add(HttpMethod::put, "/v1/hostnames/{name}", replace_route);
  router.add(HttpMethod::patch, "/v1/hostnames/{name}", change_route);
  router.add(HttpMethod::remove, "/v1/hostnames/{name}", remove_route);
}

HostnameRoutes::Answer HostnameRoutes::list(const ApiRequest& request) {
  QueryParameters parameters(request);
  const HostnameQuery query = take_query(parameters);
  if (const auto problem = parameters.finish()) co_return to_response(*problem);
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
  refuse_unprovable(*body, "names", names, wanted.mode);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  std::vector<HostnameSettings> settings;
  for (const base::DomainName& name : names) {
    settings.push_back({name, wanted.mode, wanted.https_redirect});
  }
  auto call = [settings, now = clock_.wall()](Store& store) {
    return store.add_hostnames(settings, now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  const auto changed = changed_names(names, *outcomes, AddOutcome::unchanged);
  if (!changed.empty()) listener_.hostnames_changed(changed);
  co_return outcomes_response(names, *outcomes);
}

HostnameRoutes::Answer HostnameRoutes::remove_many(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::vector<base::DomainName> names = take_names(*body, max_names);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [names, now = clock_.wall()](Store& store) {
    return store.remove_hostnames(names, now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  const auto removed = changed_names(names, *outcomes, RemoveOutcome::not_found);
  if (!removed.empty()) listener_.hostnames_changed(removed);
  co_return outcomes_response(names, *outcomes);
}

HostnameRoutes::Answer HostnameRoutes::show(const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  co_return co_await show(*std::move(name), 200);
}

HostnameRoutes::Answer HostnameRoutes::replace(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const Wanted wanted = take_wanted(*body);
  refuse_unprovable(*body, "name", {*name}, wanted.mode);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  // What a PUT leaves out gets its default: the same PUT has the same effect whatever was before.
  const HostnameSettings settings{*name,
                                  wanted.mode.value_or(HostnameMode::automatic),
                                  wanted.https_redirect.value_or(HttpsRedirect::off)};
  auto call = [settings, now = clock_.wall()](Store& store) {
    return store.add_hostnames(std::span(&settings, 1), now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  const AddOutcome outcome = outcomes->front();
  if (outcome != AddOutcome::unchanged) announce(*name);
  co_return co_await show(*std::move(name), outcome == AddOutcome::added ? 201 : 200);
}

HostnameRoutes::Answer HostnameRoutes::change(const ApiRequest& request, const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const Wanted wanted = take_wanted(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const HostnameSettings settings{*name, wanted.mode, wanted.https_redirect};
  auto call = [settings, now = clock_.wall()](Store& store) {
    return store.update_hostname(settings, now);
  };
  const auto hostname = co_await store_.run(std::move(call));
  if (!hostname && hostname.error().code == StoreErrc::not_found) co_return unknown_hostname(*name);
  if (!hostname) co_return to_response(to_problem(hostname.error()));
  announce(*name);
  co_return co_await show(*std::move(name), 200);
}

HostnameRoutes::Answer HostnameRoutes::remove(const std::string& text) {
  auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto call = [hostname = *name, now = clock_.wall()](Store& store) {
    return store.remove_hostnames(std::span(&hostname, 1), now);
  };
  const auto outcomes = co_await store_.run(std::move(call));
  if (!outcomes) co_return to_response(to_problem(outcomes.error()));
  if (outcomes->front() == RemoveOutcome::not_found) co_return unknown_hostname(*name);
  announce(*name);
  co_return ApiResponse{.status = 204, .content_type = ""};
}

HostnameRoutes::Answer HostnameRoutes::show(base::DomainName name, unsigned status) {
  auto call = [name](Store& store) { return store.hostname(name); };
  const auto detail = co_await store_.run(std::move(call));
  if (!detail) co_return to_response(to_problem(detail.error()));
  if (!*detail) co_return unknown_hostname(name);
  const ordered_json json = to_json(**detail, clock_.wall());
  co_return ApiResponse{.status = status, .body = to_text(json)};
}

void HostnameRoutes::refuse_unprovable(JsonBody& body,
                                       const std::string& field,
                                       const std::vector<base::DomainName>& names,
                                       std::optional<HostnameMode> mode) const {
  if (mode == HostnameMode::off) return;
  for (const base::DomainName& name : names) {
    if (auto reason = challenges_.refusal(name)) {
      body.refuse(field, "provable", *std::move(reason));
    }
  }
}

void HostnameRoutes::announce(const base::DomainName& name) {
  listener_.hostnames_changed(std::span(&name, 1));
}

}  // namespace agent
