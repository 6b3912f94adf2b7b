#pragma once

#include <string>
#include <vector>

#include "agent/model/actor.h"

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
  std::string last_event_id{};  ///< Last-Event-ID: where a stream of events goes on
  Actor actor{Scope::admin, "", std::string(socket_actor)};  ///< who asks
};

}  // namespace agent
