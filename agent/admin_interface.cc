#include "agent/admin_interface.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "agent/version.h"

namespace agent {

AdminInterface::AdminInterface(Parts parts, const Config& config)
    : parts_(parts),
      api_({parts.engine.database(),
            parts.clock,
            parts.engine,
            parts.readiness,
            parts.metrics,
            *this,
            version}),
      admin_(parts.control, api_.admin_routes(), parts.log),
      public_(parts.control, api_.public_routes(), parts.log) {
  listen(admin_, "admin.socket", base::UnixEndpoint{config.admin.socket}, config.admin.mode);
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
    figures.instances.push_back(
        {instance.name, instance.connected, instance.in_sync, instance.loaded});
  }
  return figures;
}

}  // namespace agent
