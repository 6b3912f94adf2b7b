#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "agent/cli/exit_status.h"
#include "base/result.h"

namespace agent {

/// Why the daemon did not do what was asked.
struct ApiFailure {
  ExitStatus status = ExitStatus::failed;
  unsigned http_status = 0;  ///< 0 if there was no reply
  std::string message{};     ///< for people; several lines if several fields were wrong
};

/// Talks to the daemon over its admin socket with libcurl; blocks. One thread at a time.
class ApiClient {
 public:
  using Json = nlohmann::ordered_json;

  explicit ApiClient(std::string socket_path);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// The reply's JSON, null if it has no body. Failures: unreachable if nobody answers; wrong_input
  /// for a status of 4xx, failed for 5xx, with the problem document's words.
  base::Result<Json, ApiFailure> get(const std::string& target);
  base::Result<Json, ApiFailure> post(const std::string& target, const Json& body);

  /// One segment of a path, or the value of a parameter.
  static std::string percent_encode(std::string_view text);

 private:
  struct Connection;  ///< libcurl's easy handle

  base::Result<Json, ApiFailure> perform();

  const std::string socket_path_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace agent
