#include "agent/api/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/api/problem.h"

namespace agent {

namespace asio = base::asio;

namespace {

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view segment = pattern.substr(0, pattern.find('/'));
    segments.emplace_back(segment);
    pattern.remove_prefix(segment.size());
  }
  return segments;
}

bool is_parameter(const std::string& segment) {
  return segment.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::equal(
      pattern.begin(), pattern.end(), path.begin(), path.end(), [](const auto& p, const auto& s) {
        return is_parameter(p) ? !s.empty() : p == s;
      });
}

std::string parameter_of(const std::vector<std::string>& pattern,
                         const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i])) return path[i];
  }
  return {};
}

std::string_view to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::get: return "GET, HEAD";
    case HttpMethod::head: return "HEAD";
    case HttpMethod::put: return "PUT";
    case HttpMethod::post: return "POST";
    case HttpMethod::patch: return "PATCH";
    case HttpMethod::remove: return "DELETE";
    case HttpMethod::other: break;
  }
  return "";
}

std::optional<Problem> refuse_actor(const Actor& actor,
                                    HttpMethod method,
                                    Router::Audience audience) {
  if (actor.is_tenant() && audience == Router::Audience::admins) {
    return Problem{ProblemType::forbidden, "this is for admins; a tenant's token cannot use it"};
  }
  if (actor.scope == Scope::read_only && method != HttpMethod::get) {
    return Problem{ProblemType::forbidden, "this token may look and not change"};
  }
  return std::nullopt;
}

ApiResponse refuse(std::string allow) {
  if (allow.empty()) {
    return to_response({ProblemType::not_found, "there is nothing at this path"});
  }
  ApiResponse response = to_response({ProblemType::method_not_allowed, "this path takes " + allow});
  response.allow = std::move(allow);
  return response;
}

}  // namespace

void Router::add(HttpMethod method, std::string_view pattern, Route route, Audience audience) {
  entries_.push_back({method, split(pattern), std::move(route), audience});
}

std::vector<std::string> Router::routes() const {
  std::vector<std::string> routes;
  for (const Entry& entry : entries_) {
    const bool is_get = entry.method == HttpMethod::get;
    std::string route(is_get ? "GET" : to_string(entry.method));
    route += ' ';
    for (const std::string& segment : entry.pattern) route += '/' + segment;
    routes.push_back(std::move(route));
  }
  return routes;
}

asio::awaitable<ApiResponse> Router::answer(const ApiRequest& request) const {
  const HttpMethod method = request.method == HttpMethod::head ? HttpMethod::get : request.method;
  std::string allow;
  for (const Entry& entry : entries_) {
    if (!matches(entry.pattern, request.path)) continue;
    if (entry.method == method) {
      if (auto problem = refuse_actor(request.actor, method, entry.audience)) {
        co_return to_response(*problem);
      }
      const std::string parameter = parameter_of(entry.pattern, request.path);
      co_return co_await entry.route(request, parameter);
    }
    allow.append(allow.empty() ? "" : ", ").append(to_string(entry.method));
  }
  co_return refuse(std::move(allow));
}

}  // namespace agent
