#include "agent/dns/dns_service.h"

#include <stdexcept>
#include <system_error>
#include <utility>

#include "agent/dns/acme_dns_provider.h"
#include "agent/dns/http_provider.h"
#include "agent/dns/program_provider.h"
#include "agent/dns/rfc2136_provider.h"
#include "agent/files/atomic_file.h"

namespace agent {
namespace {

constexpr std::size_t max_secret = 64 << 10;

std::string key_path(const DnsProviderConfig& config, std::string_view key) {
  return "dns.providers: " + config.name + ": " + std::string(key);
}

std::string read_secret(const std::string& path, const std::string& key) {
  FileContent content = read_file(path, max_secret);
  if (content.error == 0) return std::move(content.bytes);
  throw std::runtime_error(key + ": " + path + ": " +
                           std::generic_category().message(content.error));
}

ResolverOptions to_options(const DnsConfig& config) {
  return {.resolvers = config.resolvers,
          .timeout = config.timeout,
          .tries = static_cast<int>(config.tries)};
}

PropagationOptions to_options(const PropagationConfig& config) {
  using Check = PropagationOptions::Check;
  PropagationOptions options;
  switch (config.check) {
    case PropagationCheck::authoritative: options.check = Check::authoritative; break;
    case PropagationCheck::resolvers: options.check = Check::resolvers; break;
    case PropagationCheck::none: options.check = Check::none; break;
  }
  options.timeout = config.timeout;
  options.interval = config.interval;
  options.wait = config.wait;
  options.servers = config.servers;
  return options;
}

}  // namespace

DnsService::DnsService(DnsSurroundings surroundings,
                       const DnsConfig& dns,
                       const PreflightConfig& preflight)
    : surroundings_(std::move(surroundings)),
      resolver_(surroundings_.executor, to_options(dns)),
      propagation_(resolver_, surroundings_.log, to_options(dns.propagation)) {
  std::vector<DnsRoute> routes;
  for (const DnsProviderConfig& config : dns.providers) {
    providers_.push_back(make_provider(config));
    const bool is_acme_dns = config.type == DnsProviderType::acme_dns;
    routes.push_back(
        {.name = config.name,
         .zones = config.zones,
         .provider = providers_.back().get(),
         .aliases = is_acme_dns ? DnsRoute::Aliases::its_own : DnsRoute::Aliases::followed});
  }
  const auto delegation = dns.delegation == DnsDelegation::follow
                              ? RoutedProvider::Delegation::followed
                              : RoutedProvider::Delegation::ignored;
  routed_ = std::make_unique<RoutedProvider>(resolver_, std::move(routes), delegation);
  PreflightOptions options{.caa = preflight.caa,
                           .address = preflight.address,
                           .http = preflight.http,
                           .own_addresses = preflight.own_addresses};
  preflight_ = std::make_unique<Preflight>(resolver_, client_for(""), std::move(options));
}

base::asio::awaitable<DnsService::Outcome> DnsService::publish(TxtRecord record,
                                                               Propagation::Progress progress) {
  const Outcome added = co_await routed_->add(record);
  if (!added) co_return added;
  auto seen_at = co_await routed_->destination(record.fqdn);
  if (!seen_at) co_return base::Unexpected(std::move(seen_at).error());
  record.fqdn = *std::move(seen_at);
  co_return co_await propagation_.wait_until_seen(std::move(record), std::move(progress));
}

base::asio::awaitable<DnsService::Outcome> DnsService::withdraw(TxtRecord record) {
  co_return co_await routed_->remove(std::move(record));
}

std::unique_ptr<DnsProvider> DnsService::make_provider(const DnsProviderConfig& config) {
  switch (config.type) {
    case DnsProviderType::rfc2136: return make_rfc2136(config);
    case DnsProviderType::http: return make_http(config);
    case DnsProviderType::acme_dns: return make_acme_dns(config);
    case DnsProviderType::program: break;
  }
  return std::make_unique<ProgramProvider>(ProgramOptions{.dialect = config.dialect,
                                                          .program = config.program,
                                                          .cleanup_program = config.cleanup_program,
                                                          .timeout = config.timeout,
                                                          .parallel = config.parallel});
}

std::unique_ptr<DnsProvider> DnsService::make_rfc2136(const DnsProviderConfig& config) {
  Rfc2136Options options{.server = config.server,
                         .zone = config.zone,
                         .key = std::nullopt,
                         .ttl_seconds = config.ttl,
                         .timeout = config.timeout};
  if (!config.key_file.empty()) {
    const std::string key = key_path(config, "key_file");
    auto parsed = dns::parse_tsig_key(read_secret(config.key_file, key));
    if (!parsed) throw std::runtime_error(key + ": " + config.key_file + ": " + parsed.error());
    options.key = *std::move(parsed);
  }
  return std::make_unique<Rfc2136Provider>(
      resolver_, surroundings_.clock, surroundings_.random, std::move(options));
}

std::unique_ptr<DnsProvider> DnsService::make_http(const DnsProviderConfig& config) {
  HttpHookOptions options{.endpoint = config.url,
                          .mode = config.mode == HttpHookMode::raw ? HttpHookOptions::Mode::raw
                                                                   : HttpHookOptions::Mode::record,
                          .username = config.username,
                          .password = {}};
  if (!config.password_file.empty()) {
    options.password = read_secret(config.password_file, key_path(config, "password_file"));
    while (options.password.ends_with('\n') || options.password.ends_with('\r')) {
      options.password.pop_back();
    }
  }
  acme::HttpClient& client = client_for(config.ca_file.value_or(""));
  return std::make_unique<HttpProvider>(client, std::move(options));
}

std::unique_ptr<DnsProvider> DnsService::make_acme_dns(const DnsProviderConfig& config) {
  acme::HttpClient& client = client_for(config.ca_file.value_or(""));
  return std::make_unique<AcmeDnsProvider>(
      client,
      resolver_,
      surroundings_.pool,
      config.url,
      surroundings_.state_directory + "/acme-dns/" + config.name);
}

acme::HttpClient& DnsService::client_for(const std::string& ca_file) {
  std::unique_ptr<acme::HttpClient>& client = clients_[ca_file];
  if (!client) client = surroundings_.make_http_client(ca_file);
  return *client;
}

}  // namespace agent
