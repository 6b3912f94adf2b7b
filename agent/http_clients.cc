#include "agent/http_clients.h"

#include <utility>

#include "agent/version.h"

namespace agent {
namespace {

/// `https://host:port` of a URL.
std::string server_of(const acme::Url& url) {
  const std::size_t host = url.text().find("://") + 3;
  return url.text().substr(0, url.text().find('/', host));
}

}  // namespace

CurlHttpClient& HttpClients::trusting(const std::string& ca_file) {
  std::unique_ptr<CurlHttpClient>& client = by_ca_file_[ca_file];
  if (!client) {
    CurlOptions options{.user_agent = std::string("acme-spoa/") + version, .ca_file = ca_file};
    client = std::make_unique<CurlHttpClient>(executor_, std::move(options));
  }
  return *client;
}

acme::HttpClient& HttpClients::to(const acme::Url& directory,
                                  const std::string& ca_file,
                                  const AuthorityLimits& limits) {
  std::unique_ptr<PacedHttpClient>& client = paced_[Way{server_of(directory), ca_file}];
  if (!client) {
    client = std::make_unique<PacedHttpClient>(trusting(ca_file), executor_, clock_);
  }
  client->restrict_to(limits.requests, limits.use);
  return *client;
}

void HttpClients::stop() {
  for (const auto& [ca_file, client] : by_ca_file_) client->stop();
  for (const auto& [way, client] : paced_) client->stop();
}

std::vector<HttpClients::Pace> HttpClients::paces() const {
  std::vector<Pace> paces;
  for (const auto& [way, client] : paced_) paces.push_back({way.server, client->figures()});
  return paces;
}

}  // namespace agent
