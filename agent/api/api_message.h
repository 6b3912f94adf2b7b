#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/actor.h"
#include "base/asio.h"

namespace agent {

enum class HttpMethod { get, head, put, post, patch, remove, other };

struct QueryParameter {
  std::string name{};
  std::string value{};
};

/// A request as routes see it: everything percent-decoded. A value.
struct ApiRequest {
  HttpMethod method = HttpMethod::get;
  std::vector<std::string> path{};      ///< its segments: `/v1/version` is two
  std::vector<QueryParameter> query{};  ///< in the order of the request
  std::string content_type{};
  std::string body{};
  std::string if_match{};  ///< of the header If-Match; empty without one
  std::string if_none_match{};
  std::string accept{};
  std::string last_event_id{};              ///< Last-Event-ID: where a stream of events goes on
  Actor actor{Scope::admin, "", "socket"};  ///< who asks
};

struct ApiResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::string allow{};  ///< methods, of a 405
  std::string etag{};   ///< with its quotes; empty for none
  /// If there is one, the body is what it returns piece by piece, until the client goes away or we
  /// stop: an empty piece only gives the chance to notice that. `body` is not used.
  std::function<base::asio::awaitable<std::string>()> next_piece{};
};

}  // namespace agent
