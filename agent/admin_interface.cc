#include "agent/admin_interface.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "agent/configured_rules.h"
#include "agent/version.h"
#include "haproxy/bundle_path.h"

namespace agent {
namespace {

OnDemandFigures figures_of(const OnDemandService& on_demand, const SpopAnswers& answers) {
  const OnDemand::Figures& known = on_demand.figures();
  const auto asks = [&known](Permit permit) {
    return known.asks[static_cast<std::size_t>(permit)];
  };
  return {.permitted = asks(Permit::yes),
          .denied = asks(Permit::no),
          .unanswered = asks(Permit::later),
          .added = known.added,
          .refused = known.refused,
          .guarded = known.guarded,
          .limited = known.limited,
          .dropped_waiting = known.dropped,
          .dropped_workers = answers.unknown_dropped(),
          .waiting = known.waiting};
}

}  // namespace

AdminInterface::AdminInterface(Parts parts, const Config& config)
    : parts_(parts),
      challenges_(config.challenges.policy),
      dns_(config.dns),
      state_directory_(config.state_directory),
      api_({parts.engine.database(),
            parts.clock,
            parts.engine,
            parts.readiness,
            parts.metrics,
            *this,
            *this,
            *this,
            version,
            parts.random,
            [](const base::DomainName& name) {
              return haproxy::bundle_path_beside(name, custom_authority);
            },
            configured_rules(config)}),
      admin_(parts.control, api_.admin_routes(), parts.log),
      remote_(parts.control, api_.admin_routes(), parts.log, {}, &api_.tokens()),
      public_(parts.control, api_.public_routes(), parts.log) {
  listen(admin_, "admin.socket", base::UnixEndpoint{config.admin.socket}, config.admin.mode);
  if (config.admin.listen) listen(remote_, "admin.listen", *config.admin.listen, 0);
  if (config.metrics.listen) {
    constexpr mode_t everybody = 0666;  // as for TCP: who may connect may read
    listen(public_, "metrics.listen", *config.metrics.listen, everybody);
  }
}

void AdminInterface::listen(HttpServer& server,
                            const char* key,
                            const base::Endpoint& endpoint,
                            mode_t mode) {
  const auto bound = server.listen(endpoint, mode);
  if (!bound) {
    throw std::runtime_error(std::string(key) + ": " + base::to_string(endpoint) + ": " +
                             bound.error().message());
  }
  parts_.log.info("HTTP listens", {{"key", key}, {"address", base::to_string(*bound)}});
}

base::asio::awaitable<void> AdminInterface::stop() {
  co_await public_.stop();
  co_await remote_.stop();
  co_await admin_.stop();
}

Figures AdminInterface::figures() const {
  Figures figures;
  figures.spop = parts_.spop.counters();
  figures.answers = parts_.answers.counts();
  figures.lookup = parts_.lookup.sizes();
  const Issuer::Status issuer = parts_.engine.issuer().status();
  figures.orders_running = issuer.running;
  figures.orders_suspended = issuer.suspended;
  for (const AuthorityLane::Status& authority : issuer.authorities) {
    figures.authorities.push_back({.name = authority.authority,
                                   .directory_url = authority.directory_url,
                                   .account_url = authority.account_url,
                                   .thumbprint = authority.thumbprint,
                                   .profile = authority.profile,
                                   .breaker = std::string(to_string(authority.breaker)),
                                   .trouble = authority.trouble,
                                   .orders_running = authority.running,
                                   .orders_suspended = authority.suspended});
  }
  for (const Deployer::InstanceStatus& instance : parts_.engine.deployer().status().instances) {
    InstanceFigures its{instance.name, instance.connected, instance.in_sync, instance.loaded};
    its.desired = instance.desired;
    its.drift = instance.connected ? instance.to_do + instance.refused : instance.desired;
    its.refused = instance.refused;
    its.unproven = instance.unproven;
    its.jammed = instance.jammed;
    its.failed_proofs = instance.failed_proofs;
    its.last_proof = instance.last_proof;
    figures.instances.push_back(std::move(its));
  }
  for (const HttpClients::Pace& pace : parts_.engine.http().paces()) {
    for (const PacedHttpClient::Figures& kind : pace.kinds) {
      figures.paces.push_back({.server = pace.server,
                               .endpoint = std::string(name_of(kind.kind)),
                               .waiting = kind.waiting,
                               .delayed = kind.delayed,
                               .waited = kind.waited,
                               .refused = kind.refused});
    }
  }
  if (const OnDemandService* const on_demand = parts_.engine.on_demand()) {
    figures.on_demand = figures_of(*on_demand, parts_.answers);
  }
  return figures;
}

std::vector<HaproxyView> AdminInterface::instances() const {
  std::vector<HaproxyView> views;
  for (const Deployer::InstanceStatus& instance : parts_.engine.deployer().status().instances) {
    views.push_back({.name = instance.name,
                     .runtime = instance.runtime,
                     .crt_list = instance.crt_list,
                     .version = instance.version,
                     .pid = instance.pid,
                     .connected = instance.connected,
                     .in_sync = instance.in_sync,
                     .jammed = instance.jammed,
                     .desired = instance.desired,
                     .loaded = instance.loaded,
                     .to_do = instance.to_do,
                     .refused = instance.refused,
                     .unproven = instance.unproven,
                     .failed_proofs = instance.failed_proofs,
                     .last_proof = instance.last_proof,
                     .compared = instance.compared,
                     .trouble = instance.trouble});
  }
  return views;
}

base::asio::awaitable<SyncView> AdminInterface::sync(std::string instance,
                                                     SyncMode mode,
                                                     std::size_t max_steps) {
  SyncView view{.instance = instance};
  const auto how =
      mode == SyncMode::look_only ? Instance::SyncMode::look_only : Instance::SyncMode::make_good;
  const auto plan = co_await parts_.engine.deployer().sync(instance, how);
  if (!plan || !*plan) {
    view.error = plan ? plan->error() : "there is no HAProxy of that name";
    co_return view;
  }
  view.compared = (*plan)->compared;
  for (const haproxy::DiffStep& step : (*plan)->steps) {
    const char* action = "add";
    switch (step.action) {
      case haproxy::Action::add: ++view.add; break;
      case haproxy::Action::inspect:
      case haproxy::Action::renew: ++view.renew, action = "renew"; break;
      case haproxy::Action::remove: ++view.remove, action = "remove"; break;
    }
    if (view.steps.size() < max_steps) view.steps.push_back({action, step.path});
  }
  co_return view;
}

base::asio::awaitable<std::vector<ProofView>> AdminInterface::verify(
    std::vector<std::string> bundle_paths) {
  const auto proofs = co_await parts_.engine.deployer().verify(std::move(bundle_paths));
  std::vector<ProofView> views;
  for (const Deployer::Proof& proof : proofs) {
    views.push_back({proof.name, proof.instance, proof.failure});
  }
  co_return views;
}

std::string AdminInterface::refusal(const CertificateBundle& bundle) {
  return parts_.engine.deployer().refusal(bundle);
}

}  // namespace agent
