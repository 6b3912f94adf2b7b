#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/deployer/tls_probe.h"
#include "base/endpoint.h"

namespace agent {

/// What is done about a HAProxy whose certificate lock is jammed (3.4).
enum class WhenJammed {
  alarm,   ///< tell the operator, who has to reload it
  reload,  ///< ask its master process to reload
};

/// One HAProxy process.
struct InstanceOptions {
  std::string name;
  base::Endpoint runtime_api;
  std::vector<base::Endpoint> verify;  ///< TLS binds to prove at; may be empty
  /// HAProxy gone, reloaded or restarted is noticed within about twice this.
  std::chrono::milliseconds check_interval = std::chrono::milliseconds(900);
  std::chrono::milliseconds reconnect_delay = std::chrono::milliseconds(500);
  /// What HAProxy refused is offered again after this: somebody may have changed something.
  std::chrono::milliseconds refused_delay = std::chrono::seconds(60);

  std::string crt_list{};  ///< its own; empty: that of BundlePaths
  std::set<std::string> labels{};
  ProxyProtocol proxy = ProxyProtocol::none;  ///< of the binds in `verify`
  /// `runtime_api` is a master's socket; 1 is the current worker.
  std::optional<unsigned> worker = std::nullopt;
  std::optional<base::Endpoint> master = std::nullopt;  ///< to reload at; nothing else
  WhenJammed when_jammed = WhenJammed::alarm;
  std::size_t bufsize = 16384;  ///< tune.bufsize of its configuration
  /// All is compared again after this, with a look at some certificates themselves.
  std::chrono::milliseconds reconcile_interval = std::chrono::minutes(10);
  std::chrono::milliseconds renewal_pace = std::chrono::milliseconds(0);
  std::string ledger_file{};  ///< empty: none is kept, and each start asks for every certificate
};

}  // namespace agent
