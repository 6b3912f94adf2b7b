#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/api_message.h"
#include "base/asio.h"

namespace agent {

/// Finds the route of a request and calls it. A value while routes are added; const from then on.
class Router {
 public:
  /// `parameter` is the path's segment that stands for the pattern's `{…}`, else empty. Both live
  /// until the awaitable is done.
  using Route = std::function<base::asio::awaitable<ApiResponse>(const ApiRequest& request,
                                                                 const std::string& parameter)>;

  /// Who may use a route; what a tenant sees and changes there is the route's to decide. A reader
  /// may GET what admins may.
  enum class Audience { admins, tenants_too };

  /// `pattern` as in `/v1/hostnames/{name}`; of two that match, the first added counts.
  void add(HttpMethod method,
           std::string_view pattern,
           Route route,
           Audience audience = Audience::admins);

  /// The route's answer; a problem document if there is no such path (404) or method (405), or if
  /// it is not for who asks (403). HEAD is answered as GET. The request lives until the awaitable
  /// is done.
  base::asio::awaitable<ApiResponse> answer(const ApiRequest& request) const;

  /// Every route as `GET /v1/hostnames/{name}`, in the order they were added.
  std::vector<std::string> routes() const;

 private:
  struct Entry {
    HttpMethod method;
    std::vector<std::string> pattern;
    Route route;
    Audience audience = Audience::admins;
  };

  std::vector<Entry> entries_;
};

}  // namespace agent
