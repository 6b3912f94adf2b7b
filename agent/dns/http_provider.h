#pragma once

#include <string>

#include "acme/http_client.h"
#include "agent/dns/dns_provider.h"

namespace agent {

struct HttpHookOptions {
  std::string endpoint{};  ///< URL without a slash at its end; `/present` and `/cleanup` follow
  enum class Mode {
    record,  ///< body: fqdn and value
    raw,     ///< body: domain, token and keyAuth
  } mode = Mode::record;
  std::string username{};  ///< empty: no authorization
  std::string password{};
};

/// What the status of a reply to a hook means; nothing for a success. `where` begins the message,
/// the body's first line ends it.
base::Result<void, DnsError> judge_http_status(const acme::HttpResponse& response,
                                               const std::string& where);

/// `Basic …` (RFC 7617).
std::string basic_authorization(const std::string& username, const std::string& password);

/// Has an HTTP service do it, as lego's httpreq does. A body may come twice.
class HttpProvider final : public DnsProvider {
 public:
  /// REQUIRES: the client outlives it.
  HttpProvider(acme::HttpClient& client, HttpHookOptions options)
      : client_(client), options_(std::move(options)) {}

  base::asio::awaitable<Outcome> add(TxtRecord record) override;
  base::asio::awaitable<Outcome> remove(TxtRecord record) override;

 private:
  base::asio::awaitable<Outcome> post(std::string path, TxtRecord record);

  acme::HttpClient& client_;
  const HttpHookOptions options_;
};

}  // namespace agent
