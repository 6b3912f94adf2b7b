#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/issuer/curl_http_client.h"
#include "base/asio.h"

namespace agent {

/// The ways to the authorities: one libcurl thread for all that are trusted by the same roots.
/// Control thread only.
class HttpClients {
 public:
  explicit HttpClients(base::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// Trusts the PEM roots in `ca_file`, or the system's if it is empty. Lives as long as we do.
  /// Throws std::runtime_error if libcurl does not start.
  acme::HttpClient& trusting(const std::string& ca_file);
  /// Ends all requests, and all later ones, with Errc::cancelled.
  void stop();

 private:
  base::asio::any_io_executor executor_;
  std::map<std::string, std::unique_ptr<CurlHttpClient>> by_ca_file_;
};

}  // namespace agent
