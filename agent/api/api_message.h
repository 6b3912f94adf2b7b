#pragma once

#include <string>
#include <string_view>
#include <vector>

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
};

struct ApiResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::string allow{};  ///< methods, of a 405
};

}  // namespace agent
