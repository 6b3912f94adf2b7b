#include "agent/on_demand_service.h"

#include <stdexcept>

#include "agent/configured_rules.h"
#include "agent/on_demand/permissions.h"
#include "agent/version.h"

namespace agent {
namespace {

std::unique_ptr<CurlHttpClient> make_client(const OnDemandService::Parts& parts,
                                            const OnDemandConfig& config) {
  if (config.ask.empty()) return nullptr;
  CurlOptions options{.user_agent = std::string("acme-spoa/") + version,
                      .ca_file = config.ca_file.value_or(std::string())};
  options.connect_timeout = config.timeout;
  options.request_timeout = config.timeout;
  return std::make_unique<CurlHttpClient>(parts.executor, std::move(options));
}

std::unique_ptr<Permission> make_permission(const OnDemandService::Parts& parts,
                                            const OnDemandConfig& config,
                                            CurlHttpClient* client) {
  if (client != nullptr) {
    const auto url = acme::Url::parse(config.ask);
    if (!url) throw std::runtime_error("on_demand.ask: no URL");
    return std::make_unique<AskedPermission>(*client, *url, parts.log);
  }
  if (config.zones) return std::make_unique<ZonePermission>(parts.database, parts.log);
  return std::make_unique<ListedPermission>(config.allow);
}

OnDemandOptions options_of(const OnDemandConfig& config) {
  return {.limit = config.limit,
          .queue = config.queue,
          .max_labels = config.max_labels,
          .yes_ttl = config.yes_ttl,
          .no_ttl = config.no_ttl,
          .retry = config.retry};
}

}  // namespace

OnDemandService::OnDemandService(const Parts& parts,
                                 const Config& config,
                                 OnDemandListener& listener)
    : client_(make_client(parts, *config.on_demand)),
      permission_(make_permission(parts, *config.on_demand, client_.get())),
      on_demand_(
          {parts.database, parts.lookup, parts.answers, *permission_, parts.clock, parts.log},
          options_of(*config.on_demand),
          configured_rules(config),
          listener) {}

void OnDemandService::stop() {
  if (client_) client_->stop();
}

}  // namespace agent
