#pragma once

#include <memory>

#include "agent/config/config.h"
#include "agent/issuer/curl_http_client.h"
#include "agent/on_demand/on_demand.h"

namespace agent {

/// On-demand issuance as the configuration has it: who permits names, and what makes hostnames of
/// them. Control thread only.
class OnDemandService {
 public:
  /// Outlive it.
  struct Parts {
    base::asio::any_io_executor executor;
    Database& database;
    const Lookup& lookup;
    const SpopAnswers& answers;
    const base::Clock& clock;
    base::Log& log;
  };

  /// REQUIRES: config.on_demand. Throws std::runtime_error if libcurl does not start.
  OnDemandService(const Parts& parts, const Config& config, OnDemandListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run() { return on_demand_.run(); }
  /// Ends questions under way, and all later ones, without an answer.
  void stop();
  const OnDemand::Figures& figures() const { return on_demand_.figures(); }

 private:
  std::unique_ptr<CurlHttpClient> client_;  ///< none if no service is asked
  std::unique_ptr<Permission> permission_;
  OnDemand on_demand_;
};

}  // namespace agent
