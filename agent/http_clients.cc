#include "agent/http_clients.h"

#include "agent/version.h"

namespace agent {

acme::HttpClient& HttpClients::trusting(const std::string& ca_file) {
  std::unique_ptr<CurlHttpClient>& client = by_ca_file_[ca_file];
  if (!client) {
    CurlOptions options{.user_agent = std::string("acme-spoa/") + version, .ca_file = ca_file};
    client = std::make_unique<CurlHttpClient>(executor_, std::move(options));
  }
  return *client;
}

void HttpClients::stop() {
  for (const auto& [ca_file, client] : by_ca_file_) client->stop();
}

}  // namespace agent
