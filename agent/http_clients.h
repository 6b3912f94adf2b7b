#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/issuer/curl_http_client.h"
#include "agent/issuer/paced_http_client.h"
#include "base/asio.h"
#include "base/clock.h"

namespace agent {

/// The ways to the authorities: one libcurl thread for all that are trusted by the same roots, and
/// one pace for all at the same server, which knows us by our address. Control thread only.
class HttpClients {
 public:
  /// `clock` outlives it.
  HttpClients(base::asio::any_io_executor executor, const base::Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  /// To the server of `directory`, trusting the PEM roots in `ca_file`, or the system's if it is
  /// empty; no faster than these limits and those of other calls for the same server. Lives as
  /// long as we do. Throws std::runtime_error if libcurl does not start.
  acme::HttpClient& to(const acme::Url& directory,
                       const std::string& ca_file,
                       const AuthorityLimits& limits);
  /// Ends all requests, and all later ones, with Errc::cancelled.
  void stop();

  /// How long requests have waited, by the server's `https://host:port`.
  struct Pace {
    std::string server;
    std::array<PacedHttpClient::Figures, all_request_kinds.size()> kinds;
  };
  std::vector<Pace> paces() const;

 private:
  CurlHttpClient& trusting(const std::string& ca_file);

  struct Way {
    std::string server;
    std::string ca_file;
    friend auto operator<=>(const Way&, const Way&) = default;
  };
  base::asio::any_io_executor executor_;
  const base::Clock& clock_;
  std::map<std::string, std::unique_ptr<CurlHttpClient>> by_ca_file_;
  std::map<Way, std::unique_ptr<PacedHttpClient>> paced_;
};

}  // namespace agent
