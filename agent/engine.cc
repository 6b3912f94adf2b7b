#include "agent/engine.h"

#include <stdexcept>
#include <utility>

#include "agent/fault/fault_point.h"
#include "agent/version.h"
#include "base/encoding.h"
#include "haproxy/asio/files.h"

namespace agent {
namespace {

constexpr std::chrono::seconds store_retry{5};

acme::KeyType to_acme(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256: return acme::KeyType::ecdsa_p256;
    case KeyType::ecdsa_p384: return acme::KeyType::ecdsa_p384;
    case KeyType::rsa_2048: return acme::KeyType::rsa_2048;
    case KeyType::rsa_3072: return acme::KeyType::rsa_3072;
    case KeyType::rsa_4096: return acme::KeyType::rsa_4096;
  }
  return acme::KeyType::ecdsa_p256;
}

std::optional<acme::KeyType> second_key_type(const CertificatesConfig& config) {
  if (!config.second_key_type) return std::nullopt;
  return to_acme(*config.second_key_type);
}

std::vector<KeyAlgorithm> key_algorithms(const CertificatesConfig& config) {
  std::vector<KeyAlgorithm> algorithms = {algorithm_of(config.key_type)};
  if (config.second_key_type) algorithms.push_back(algorithm_of(*config.second_key_type));
  return algorithms;
}

/// `place` is that of the authority in the configuration: `authorities[0]`.
acme::ExternalAccount load_external_account(const EabConfig& config, const std::string& place) {
  constexpr std::size_t max_key_file = 4096;
  const std::string where = place + ".eab.hmac_key_file: " + config.hmac_key_file + ": ";
  const auto text = haproxy::read_file(config.hmac_key_file, max_key_file);
  if (!text) throw std::runtime_error(where + text.error().message());
  const std::string key = text->substr(0, text->find_last_not_of(" \t\r\n") + 1);
  auto decoded = base::decode_base64url(key);
  if (decoded && !decoded->empty()) return {config.key_id, std::move(*decoded)};
  throw std::runtime_error(where + "is not one base64url text, as the authority hands it out");
}

AuthoritySetup authority_setup(const Config& config, std::size_t index, HttpClients& http) {
  const AuthorityConfig& authority = config.authorities[index];
  const std::string place = "authorities[" + std::to_string(index) + "]";
  const auto directory = acme::Url::parse(authority.directory);
  if (!directory) throw std::invalid_argument(place + ".directory: no URL");
  acme::AuthorityOptions options{.directory_url = *directory, .contacts = authority.contact};
  if (authority.eab) options.external_account = load_external_account(*authority.eab, place);
  return {
      .http = http.to(*directory, authority.ca_file.value_or(std::string()), authority.limits),
      .account = {authority.name, std::move(options), to_acme(authority.account_key)},
      .wish = {.key_type = to_acme(config.certificates.key_type),
               .second_key_type = second_key_type(config.certificates),
               .key_reuse = config.certificates.reuse_key ? KeyReuse::on_renewal : KeyReuse::never,
               .profile = authority.profile,
               .profile_fallback = authority.profile_fallback,
               .preferred_chain = authority.preferred_chain,
               .challenges = config.challenges.policy},
      .limits = authority.limits};
}

IssuerOptions issuer_options(const Config& config, HttpClients& http) {
  IssuerOptions options{.authorities = {}, .orders_in_flight = config.issuer.orders_in_flight};
  options.packing = {config.certificates.names_per_certificate,
                     config.certificates.longest_backlog};
  options.keys =
      config.certificates.second_key_type ? Policy::Keys::two_types : Policy::Keys::one_type;
  for (std::size_t i = 0; i < config.authorities.size(); ++i) {
    options.authorities.push_back(authority_setup(config, i, http));
  }
  return options;
}

InstanceOptions instance_options(const HaproxyInstanceConfig& config, const std::string& state) {
  InstanceOptions options{config.name, config.runtime, config.verify};
  options.crt_list = config.crt_list.value_or(std::string());
  options.labels = {config.labels.begin(), config.labels.end()};
  options.proxy = config.proxy_protocol ? ProxyProtocol::v1 : ProxyProtocol::none;
  if (config.worker) options.worker = static_cast<unsigned>(*config.worker);
  options.master = config.master;
  options.when_jammed = config.reload_when_jammed ? WhenJammed::reload : WhenJammed::alarm;
  options.bufsize = config.bufsize;
  options.reconcile_interval = config.reconcile_interval;
  options.renewal_pace = config.renewal_pace;
  options.ledger_file = state + "/ledger-" + config.name;
  return options;
}

DnsSurroundings dns_surroundings(const Engine::Parts& parts, const Config& config) {
  const auto make_client = [executor = parts.control.get_executor()](const std::string& ca_file) {
    const CurlOptions options{.user_agent = std::string("acme-spoa/") + version,
                              .ca_file = ca_file};
    return std::make_unique<CurlHttpClient>(executor, options);
  };
  return {parts.control.get_executor(),
          parts.pool,
          parts.clock,
          parts.random,
          parts.log,
          make_client,
          config.state_directory};
}

DeployerOptions deployer_options(const HaproxyConfig& config, const std::string& state) {
  DeployerOptions options{.paths = {config.certificate_directory,
                                    config.crt_list,
                                    {.mode = config.file_mode, .group = {}}},
                          .instances = {}};
  for (const HaproxyInstanceConfig& instance : config.instances) {
    options.instances.push_back(instance_options(instance, state));
  }
  for (const PlacementConfig& rule : config.placement) {
    options.placement.push_back({rule.suffix, {rule.labels.begin(), rule.labels.end()}});
  }
  return options;
}

UsageOptions usage_options(const UnusedConfig& config) {
  return {std::chrono::hours(24) * config.after_days, config.addresses};
}

EventKind to_event_kind(InstanceIncident incident) {
  switch (incident) {
    case InstanceIncident::connected: return EventKind::haproxy_connected;
    case InstanceIncident::lost: return EventKind::haproxy_lost;
    case InstanceIncident::refused: return EventKind::haproxy_refused;
    case InstanceIncident::jammed: return EventKind::haproxy_jammed;
    case InstanceIncident::reloaded: return EventKind::haproxy_reloaded;
  }
  return EventKind::haproxy_lost;
}

StoreResult<Lookup::Dropped> reconcile(Store& store, Lookup& lookup, base::Log& log) {
  lookup.begin_reconcile();
  const StoreResult<void> read = store.for_each_lookup_row([&lookup](const LookupRow& row) {
    lookup.put(row.name, {row.mode, row.https_redirect, row.challenge_path, row.served_until});
  });
  if (!read) return base::Unexpected(read.error());
  const auto challenges = store.live_challenges();
  if (!challenges) return base::Unexpected(challenges.error());
  for (const LiveChallenge& challenge : *challenges) {
    const auto published = lookup.publish_challenge(challenge.token, challenge.key_authorization);
    if (!published) log.warn("stored challenge not published", {{"error", published.error()}});
  }
  return lookup.finish_reconcile();
}

struct Refreshed {
  std::vector<Hostname> present;
  std::vector<base::DomainName> absent;
};

StoreResult<Refreshed> read_hostnames(Store& store, const std::vector<base::DomainName>& names) {
  Refreshed refreshed;
  for (const base::DomainName& name : names) {
    const auto detail = store.hostname(name);
    if (!detail) return base::Unexpected(detail.error());
    if (*detail) {
      refreshed.present.push_back((*detail)->hostname);
    } else {
      refreshed.absent.push_back(name);
    }
  }
  return refreshed;
}

}  // namespace

Engine::Engine(Parts parts, const Config& config, OpenedStore opened)
    : parts_(parts),
      key_algorithms_(key_algorithms(config.certificates)),
      sealer_(std::move(opened.sealer)),
      database_(std::move(opened.store)),
      http_(parts.control.get_executor(), parts.clock),
      solvers_({parts.lookup, dns_surroundings(parts, config), database_}, config),
      issuer_({database_,
               solvers_.solver(),
               parts.pool,
               parts.clock,
               parts.random,
               parts.log,
               solvers_.name_check()},
              issuer_options(config, http_),
              *this),
      deployer_({database_, parts.lookup, parts.pool, parts.clock, parts.log},
                deployer_options(config.haproxy, config.state_directory),
                *this),
      traffic_({database_, parts.lookup, parts.answers, parts.clock, parts.log}),
      custom_({database_, parts.clock, parts.log}, *this) {
  if (config.unused.is_on()) {
    UsageListener& listener = *this;
    const UsageWatch::Parts needed{
        database_, *solvers_.resolver(), parts.clock, parts.random, parts.log};
    usage_ = std::make_unique<UsageWatch>(needed, usage_options(config.unused), listener);
  }
  if (config.on_demand) {
    OnDemandListener& listener = *this;
    const OnDemandService::Parts needed{parts.control.get_executor(),
                                        database_,
                                        parts.lookup,
                                        parts.answers,
                                        parts.clock,
                                        parts.log};
    on_demand_ = std::make_unique<OnDemandService>(needed, config, listener);
  }
}

Engine::~Engine() = default;

base::asio::awaitable<void> Engine::start() {
  const auto executor = co_await base::asio::this_coro::executor;
  StoreResult<Lookup::Dropped> reconciled = co_await reconcile_lookup();
  while (!reconciled) {
    parts_.log.error("the lookup could not be read from the store",
                     {{"error", reconciled.error().detail}});
    co_await pause();
    reconciled = co_await reconcile_lookup();
  }
  const LookupSizes sizes = parts_.lookup.sizes();
  parts_.log.info("store read",
                  {{"hostnames", sizes.hostnames},
                   {"challenges", sizes.tokens},
                   {"stale_hostnames", reconciled->hostnames}});
  co_await solvers_.resume();
  base::asio::co_spawn(executor, issuer_.run(), base::log_failure(parts_.log, "issuer"));
  base::asio::co_spawn(executor, deployer_.run(), base::log_failure(parts_.log, "deployer"));
  base::asio::co_spawn(executor, traffic_.run(), base::log_failure(parts_.log, "traffic"));
  base::asio::co_spawn(executor, custom_.run(), base::log_failure(parts_.log, "custom"));
  if (usage_) {
    base::asio::co_spawn(executor, usage_->run(), base::log_failure(parts_.log, "usage"));
  }
  if (on_demand_) {
    base::asio::co_spawn(executor, on_demand_->run(), base::log_failure(parts_.log, "on demand"));
  }
}

base::asio::awaitable<StoreResult<Lookup::Dropped>> Engine::reconcile_lookup() {
  auto read = [this, now = parts_.clock.wall()](Store& store) -> StoreResult<Lookup::Dropped> {
    const StoreResult<void> set = store.set_key_algorithms(key_algorithms_, now);
    if (!set) return base::Unexpected(set.error());
    return reconcile(store, parts_.lookup, parts_.log);
  };
  co_return co_await database_.run(std::move(read));
}

void Engine::stop() {
  if (on_demand_) on_demand_->stop();
  http_.stop();
}

void Engine::hostnames_changed(std::span<const base::DomainName> names) {
  base::asio::co_spawn(parts_.control,
                       refresh_lookup({names.begin(), names.end()}),
                       base::log_failure(parts_.log, "refresh lookup"));
  issuer_.wake();
  deployer_.look_for_retired();
}

void Engine::certificate_installed(const Certificate& certificate) {
  deployer_.deploy(certificate);
  hostnames_changed(certificate.names);
}

void Engine::hostnames_added(std::span<const base::DomainName> names) {
  hostnames_changed(names);
}

void Engine::hostnames_used_again() {
  issuer_.wake();
}

void Engine::renewal_requested(std::span<const base::DomainName>) {
  issuer_.wake();
}

void Engine::revocations_requested() {
  fault_point("revocation: requested");
  issuer_.look_for_revocations();
  issuer_.wake();
}

/// Again until it works: what was removed must not go on being redirected.
base::asio::awaitable<void> Engine::refresh_lookup(std::vector<base::DomainName> names) {
  auto read = [&names](Store& store) { return read_hostnames(store, names); };
  StoreResult<Refreshed> refreshed = co_await database_.run(read);
  while (!refreshed) {
    parts_.log.error("hostnames changed but could not be read",
                     {{"hostnames", names.size()}, {"error", refreshed.error().detail}});
    co_await pause();
    refreshed = co_await database_.run(read);
  }
  for (const Hostname& hostname : refreshed->present) {
    parts_.lookup.put(hostname.name.text(), state_of(hostname));
  }
  for (const base::DomainName& name : refreshed->absent) parts_.lookup.remove(name.text());
}

base::asio::awaitable<void> Engine::pause() {
  base::asio::steady_timer timer(parts_.control, store_retry);
  boost::system::error_code ignored;  // nobody cancels it
  co_await timer.async_wait(base::into(ignored));
}

void Engine::certificate_issued(const Certificate& certificate, std::chrono::milliseconds took) {
  parts_.metrics.certificate_issued(certificate.authority, took);
  deployer_.deploy(certificate);
  deployer_.look_for_retired();  // the one it replaces, if that has another file
}

void Engine::order_failed(const std::string& authority, const acme::Error& error) {
  parts_.metrics.order_failed(authority, make_error_code(error.code).message());
}

void Engine::renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) {
  parts_.metrics.renewal_checked(authority);
  if (failure) {
    parts_.metrics.renewal_check_failed(authority, make_error_code(*failure).message());
  }
}

void Engine::certificate_served(const Certificate&, std::optional<std::chrono::milliseconds> took) {
  parts_.metrics.certificate_served(took);
  if (key_algorithms_.size() > 1) issuer_.wake();  // it may be due a second one
}

void Engine::runtime_command_failed(const std::string& instance,
                                    const haproxy::RuntimeError& error) {
  parts_.metrics.runtime_command_failed(instance, error.code.message());
}

void Engine::runtime_command_done(const std::string& instance,
                                  std::string_view kind,
                                  std::chrono::microseconds took) {
  parts_.metrics.runtime_command_done(instance, kind, took);
}

void Engine::instance_incident(const std::string& instance,
                               InstanceIncident what,
                               const std::string& detail) {
  base::asio::co_spawn(parts_.control,
                       record_event(to_event_kind(what), instance, detail),
                       base::log_failure(parts_.log, "record event"));
}

/// Once: the log has it, too.
base::asio::awaitable<void> Engine::record_event(EventKind kind,
                                                 std::string subject,
                                                 std::string detail) {
  auto record = [&, now = parts_.clock.wall()](Store& store) {
    return store.record_event({0, now, kind, subject, detail});
  };
  const StoreResult<void> recorded = co_await database_.run(std::move(record));
  if (!recorded) {
    parts_.log.warn("event not recorded",
                    {{"subject", subject}, {"error", recorded.error().detail}});
  }
}

}  // namespace agent
