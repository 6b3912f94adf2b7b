#pragma once

#include <string_view>

#include "agent/api/problem.h"
#include "agent/model/actor.h"
#include "base/asio.h"
#include "base/result.h"

namespace agent {

/// Says on whose behalf a request is made. Control thread only.
class Authenticator {
 public:
  /// `authorization` is the header of that name (RFC 9110 §11.6.2), empty without one. Problems:
  /// unauthenticated, too_many_requests and those of the store. The text lives until the awaitable
  /// is done, and is never logged.
  virtual base::asio::awaitable<base::Result<Actor, Problem>> authenticate(
      std::string_view authorization) = 0;

 protected:
  ~Authenticator() = default;
};

}  // namespace agent
