#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/api/change_listener.h"
#include "agent/api/metrics.h"
#include "agent/config/config.h"
#include "agent/custom_watch.h"
#include "agent/deployer/deployer.h"
#include "agent/http_clients.h"
#include "agent/issuer/issuer.h"
#include "agent/issuer/solver_set.h"
#include "agent/issuer/traffic_watch.h"
#include "agent/issuer/usage_watch.h"
#include "agent/lookup/lookup.h"
#include "agent/lookup/spop_answers.h"
#include "agent/on_demand_service.h"
#include "agent/state/state_directory.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// Everything of the daemon that needs its database: database, issuer and deployer, and what they
/// tell each other. The answers to HAProxy do not need it. Control thread only.
class Engine final : public ChangeListener,
                     private IssuerListener,
                     private DeployerListener,
                     private OnDemandListener,
                     private UsageListener {
 public:
  struct Parts {
    base::asio::io_context& control;
    base::asio::thread_pool& pool;
    Lookup& lookup;
    const SpopAnswers& answers;
    const base::Clock& clock;
    base::Random& random;
    base::Log& log;
    Metrics& metrics;
  };

  /// Throws std::invalid_argument or std::runtime_error if something the configuration names
  /// cannot be used: an EAB key file, libcurl's start.
  Engine(Parts parts, const Config& config, OpenedStore opened);
  ~Engine();

  /// Tells the lookup what the store has, then starts issuer and deployer; returns once they run.
  base::asio::awaitable<void> start();
  /// Ends requests to authorities; what is under way goes on at the next start.
  void stop();

  void hostnames_changed(std::span<const base::DomainName> names) override;
  void renewal_requested(std::span<const base::DomainName> names) override;
  void certificate_installed(const Certificate& certificate) override;
  void revocations_requested() override;
  void set_orders_in_flight(std::size_t limit) { issuer_.set_orders_in_flight(limit); }

  Database& database() { return database_; }
  const Issuer& issuer() const { return issuer_; }
  base::asio::thread_pool& pool() { return parts_.pool; }
  const HttpClients& http() const { return http_; }
  const Deployer& deployer() const { return deployer_; }
  Deployer& deployer() { return deployer_; }
  /// nullptr if it is off.
  const OnDemandService* on_demand() const { return on_demand_.get(); }

 private:
  base::asio::awaitable<StoreResult<Lookup::Dropped>> reconcile_lookup();
  base::asio::awaitable<void> refresh_lookup(std::vector<base::DomainName> names);
  base::asio::awaitable<void> pause();
  base::asio::awaitable<void> record_event(EventKind kind, std::string subject, std::string detail);

  void certificate_issued(const Certificate& certificate, std::chrono::milliseconds took) override;
  void order_failed(const std::string& authority, const acme::Error& error) override;
  void renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) override;
  void certificate_served(const Certificate& certificate,
                          std::optional<std::chrono::milliseconds> took) override;
  void runtime_command_failed(const std::string& instance,
                              const haproxy::RuntimeError& error) override;
  void runtime_command_done(const std::string& instance,
                            std::string_view kind,
                            std::chrono::microseconds took) override;
  void instance_incident(const std::string& instance,
                         InstanceIncident what,
                         const std::string& detail) override;
  void hostnames_added(std::span<const base::DomainName> names) override;
  void hostnames_used_again() override;

  Parts parts_;
  const std::vector<KeyAlgorithm> key_algorithms_;  ///< of certificates, by the configuration
  std::unique_ptr<Sealer> sealer_;
  Database database_;
  HttpClients http_;
  SolverSet solvers_;
  Issuer issuer_;
  Deployer deployer_;
  TrafficWatch traffic_;
  CustomWatch custom_;
  std::unique_ptr<UsageWatch> usage_;           ///< none if nothing is looked at
  std::unique_ptr<OnDemandService> on_demand_;  ///< none if it is off
};

}  // namespace agent
