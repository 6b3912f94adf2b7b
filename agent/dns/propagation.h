#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/dns/dns_provider.h"
#include "agent/dns/dns_resolver.h"

namespace agent {

struct PropagationOptions {
  enum class Check {
    authoritative,  ///< every address of every name server of the zone shows the value
    resolvers,      ///< the configured resolvers show it: what they keep in memory can be old
    none,           ///< nobody is asked; `wait` goes by
  } check = Check::authoritative;
  std::chrono::milliseconds timeout{120'000};
  std::chrono::milliseconds interval{2'000};  ///< from question to question at one server
  std::chrono::milliseconds wait{0};          ///< after the check, before the authority may look
  /// Asked by `authoritative` instead of the servers that the zone's NS name.
  std::vector<DnsServer> servers{};
  std::uint16_t authoritative_port = 53;
};

/// Waits until a TXT value can be seen.
class Propagation {
 public:
  using Outcome = base::Result<void, DnsError>;
  /// A sentence about who lags, as it changes; on the thread of the caller.
  using Progress = std::function<void(const std::string&)>;

  /// REQUIRES: the references outlive the loop's last question.
  Propagation(DnsResolver& resolver, base::Log& log, PropagationOptions options)
      : resolver_(resolver), log_(log), options_(std::move(options)) {}

  /// Success once the value is seen by the configured check. Errors: transient at the deadline,
  /// with who does not show it; configuration if the zone has no servers to ask. REQUIRES: fqdn is
  /// no alias (see canonical_name()).
  base::asio::awaitable<Outcome> wait_until_seen(TxtRecord record, Progress progress);

 private:
  struct Target;
  struct Watch;

  base::asio::awaitable<base::Result<std::vector<Target>, DnsError>> find_targets(
      const dns::Name& fqdn, std::chrono::steady_clock::time_point deadline);
  base::asio::awaitable<base::Result<std::vector<Target>, DnsError>> authoritative_targets(
      dns::Name fqdn);
  static base::asio::awaitable<void> watch(DnsResolver& resolver,
                                           std::shared_ptr<Watch> watch,
                                           Target target);

  DnsResolver& resolver_;
  base::Log& log_;
  const PropagationOptions options_;
};

}  // namespace agent
