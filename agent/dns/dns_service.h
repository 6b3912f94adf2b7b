#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "acme/http_client.h"
#include "agent/config/dns_config.h"
#include "agent/dns/cares_resolver.h"
#include "agent/dns/preflight.h"
#include "agent/dns/propagation.h"
#include "agent/dns/routed_provider.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// What the DNS of the configuration is made with.
struct DnsSurroundings {
  base::asio::any_io_executor executor;  ///< of the control thread
  base::asio::thread_pool& pool;         ///< for files
  const base::Clock& clock;
  base::Random& random;
  base::Log& log;
  /// A client that trusts this PEM file, or the system's roots if it is empty.
  std::function<std::unique_ptr<acme::HttpClient>(const std::string& ca_file)> make_http_client;
  std::string state_directory;  ///< accounts of acme-dns are kept in it
};

/// Everything that `dns` and `preflight` configure. Used by the control thread.
class DnsService {
 public:
  using Outcome = DnsProvider::Outcome;

  /// Reads the files that are named in the configuration. Throws std::runtime_error with the key,
  /// the file and what is wrong. REQUIRES: the surroundings outlive it and what it has started.
  DnsService(DnsSurroundings surroundings, const DnsConfig& dns, const PreflightConfig& preflight);

  bool has_providers() const { return !providers_.empty(); }
  /// Adds the record, where its name's CNAMEs end, and waits until it is seen.
  base::asio::awaitable<Outcome> publish(TxtRecord record, Propagation::Progress progress);
  /// Removes exactly this value. To be called also after a failed publish() and after a restart.
  base::asio::awaitable<Outcome> withdraw(TxtRecord record);

  DnsResolver& resolver() { return resolver_; }
  DnsProvider& provider() { return *routed_; }
  Preflight& preflight() { return *preflight_; }

 private:
  std::unique_ptr<DnsProvider> make_provider(const DnsProviderConfig& config);
  std::unique_ptr<DnsProvider> make_rfc2136(const DnsProviderConfig& config);
  std::unique_ptr<DnsProvider> make_http(const DnsProviderConfig& config);
  std::unique_ptr<DnsProvider> make_acme_dns(const DnsProviderConfig& config);
  acme::HttpClient& client_for(const std::string& ca_file);

  const DnsSurroundings surroundings_;
  CaresResolver resolver_;
  std::map<std::string, std::unique_ptr<acme::HttpClient>> clients_;  // by CA file
  std::vector<std::unique_ptr<DnsProvider>> providers_;
  std::unique_ptr<RoutedProvider> routed_;
  Propagation propagation_;
  std::unique_ptr<Preflight> preflight_;
};

}  // namespace agent
