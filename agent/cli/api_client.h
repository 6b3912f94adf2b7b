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

/// Where the daemon's API is: its admin socket, or a URL and a token for it.
struct ApiAddress {
  std::string socket{};
  std::string url{};    ///< `https://acme.example.org`; empty: the socket
  std::string token{};  ///< is never printed
};

/// Talks to the daemon with libcurl; blocks. One thread at a time.
class ApiClient {
 public:
  using Json = nlohmann::ordered_json;

  explicit ApiClient(ApiAddress address);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// The reply's JSON, null if it has no body. Failures: unreachable if nobody answers; wrong_input
  /// for a status of 4xx, failed for 5xx, with the problem document's words.
  base::Result<Json, ApiFailure> get(const std::string& target);
  base::Result<Json, ApiFailure> post(const std::string& target, const Json& body);
  base::Result<Json, ApiFailure> put(const std::string& target, const Json& body);
  base::Result<Json, ApiFailure> remove(const std::string& target);
  /// The reply as it is, which is no JSON. Failures as above.
  base::Result<std::string, ApiFailure> get_text(const std::string& target);
  /// The reply as it is: of an import. Failures as above.
  base::Result<std::string, ApiFailure> post_lines(const std::string& target,
                                                   const std::string& ndjson);

  /// One segment of a path, or the value of a parameter.
  static std::string percent_encode(std::string_view text);

 private:
  struct Connection;  ///< libcurl's easy handle

  /// `body` may be none; it is copied.
  base::Result<std::string, ApiFailure> perform(const char* method,
                                                const std::string& target,
                                                const std::string* body,
                                                const char* content_type);
  base::Result<Json, ApiFailure> perform_json(const char* method,
                                              const std::string& target,
                                              const std::string* body);

  const ApiAddress address_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace agent
