#pragma once

#include <functional>
#include <string>

#include "agent/api/api_request.h"
#include "base/asio.h"

namespace agent {

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
