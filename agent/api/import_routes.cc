#include "agent/api/import_routes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/import_lines.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

/// Between two of them other requests get their turn.
constexpr std::size_t lines_a_call = 500;

struct Summary {
  std::size_t added = 0;
  std::size_t updated = 0;
  std::size_t unchanged = 0;
  std::size_t refused = 0;
};

std::string_view count(AddOutcome outcome, Summary& summary) {
  switch (outcome) {
    case AddOutcome::added: ++summary.added; return "added";
    case AddOutcome::updated: ++summary.updated; return "updated";
    case AddOutcome::unchanged: ++summary.unchanged; return "unchanged";
  }
  return "unknown";
}

std::string refused_line(std::size_t number, const FieldError& error, Summary& summary) {
  ++summary.refused;
  return to_text(ordered_json{
      {"line", number}, {"error", error.detail}, {"rule", error.rule}, {"field", error.field}});
}

/// What became of the lines, in their order; `change` is of those that are right.
std::string results_of(const std::vector<ImportLine>& lines,
                       const StoreResult<HostnameChange>& change,
                       Summary& summary) {
  std::string text;
  std::size_t place = 0;
  for (const ImportLine& line : lines) {
    if (!line.wish) {
      text += refused_line(line.number, line.wish.error(), summary);
      continue;
    }
    const std::size_t index = place++;
    if (!change) {
      text += refused_line(line.number, {"line", "store", change.error().detail}, summary);
    } else if (change->outcomes[index]) {
      const std::string_view outcome = count(*change->outcomes[index], summary);
      text += to_text(ordered_json{
          {"line", line.number}, {"name", line.wish->name.text()}, {"outcome", outcome}});
    } else {
      const auto refused = std::find_if(change->refused.begin(),
                                        change->refused.end(),
                                        [index](const RefusedName& r) { return r.index == index; });
      const RuleViolation& violation = refused->violation;
      text += refused_line(line.number, {"name", violation.rule, violation.detail}, summary);
    }
  }
  return text;
}

bool is_ndjson(std::string_view content_type) {
  return content_type.substr(0, content_type.find(';')) == "application/x-ndjson";
}

}  // namespace

void ImportRoutes::add_to(Router& router) {
  const auto route = [this](const ApiRequest& r, const std::string&) { return import(r); };
  router.add(HttpMethod::post, "/v1/hostnames/import", route, Router::Audience::tenants_too);
}

base::asio::awaitable<ApiResponse> ImportRoutes::import(const ApiRequest& request) {
  if (!is_ndjson(request.content_type)) {
    co_return to_response(
        {ProblemType::not_json, "send the body with Content-Type: application/x-ndjson"});
  }
  const auto newlines = std::count(request.body.begin(), request.body.end(), '\n');
  if (static_cast<std::size_t>(newlines) > max_lines) {
    co_return to_response(
        {ProblemType::body_too_large, "expected at most " + std::to_string(max_lines) + " lines"});
  }
  ApiResponse response{.content_type = "application/x-ndjson"};
  Summary summary;
  ImportLines reader(request.body);
  for (auto lines = reader.next(lines_a_call); !lines.empty(); lines = reader.next(lines_a_call)) {
    std::vector<HostnameWish> wishes;
    for (const ImportLine& line : lines) {
      if (line.wish) wishes.push_back(*line.wish);
    }
    auto call = [&rules = rules_, &request, &wishes, now = clock_.wall()](Store& store) {
      return HostnameChanges(store, rules, request.actor, now).put(wishes, OnRefusal::refuse_one);
    };
    const auto change = co_await store_.run(std::move(call));
    if (change && !change->changed.empty()) listener_.hostnames_changed(change->changed);
    response.body += results_of(lines, change, summary);
  }
  response.body += to_text(ordered_json{{"added", summary.added},
                                        {"updated", summary.updated},
                                        {"unchanged", summary.unchanged},
                                        {"refused", summary.refused}});
  co_return response;
}

}  // namespace agent
