#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/dns/dns_provider.h"
#include "agent/dns/dns_resolver.h"
#include "agent/dns/wire/tsig.h"
#include "agent/dns/wire/update.h"
#include "base/clock.h"
#include "base/random.h"

namespace agent {

struct Rfc2136Options {
  std::optional<DnsServer> server = std::nullopt;  ///< none: the zone's primary, by its SOA
  std::optional<dns::Name> zone = std::nullopt;    ///< none: the zone that the name is in, by SOA
  std::optional<dns::TsigKey> key = std::nullopt;  ///< none: updates are not signed
  std::uint32_t ttl_seconds = 60;
  std::chrono::milliseconds timeout{30'000};  ///< of one update
};

/// Dynamic updates (RFC 2136) with TSIG (RFC 8945) over TCP. The changes of one zone go one update
/// after another; what arrives meanwhile goes together in the next. Used by one thread.
class Rfc2136Provider final : public DnsProvider {
 public:
  /// REQUIRES: the references outlive it, and it outlives the calls.
  Rfc2136Provider(DnsResolver& resolver,
                  const base::Clock& clock,
                  base::Random& random,
                  Rfc2136Options options)
      : resolver_(resolver), clock_(clock), random_(random), options_(std::move(options)) {}

  base::asio::awaitable<Outcome> add(TxtRecord record) override;
  base::asio::awaitable<Outcome> remove(TxtRecord record) override;

 private:
  struct Destination {
    dns::Name zone;
    DnsServer server;
    friend auto operator<=>(const Destination& a, const Destination& b) {
      return std::tie(a.zone, a.server.host, a.server.port) <=>
             std::tie(b.zone, b.server.host, b.server.port);
    }
  };
  struct Waiting;
  using Batch = std::vector<std::shared_ptr<Waiting>>;
  struct Lane {
    Batch waiting{};
    bool is_busy = false;
  };

  base::asio::awaitable<Outcome> change(dns::TxtChange change);
  base::asio::awaitable<base::Result<Destination, DnsError>> find_destination(dns::Name fqdn);
  base::asio::awaitable<base::Result<DnsServer, DnsError>> find_primary(const dns::Name& primary);
  base::asio::awaitable<void> send_batch(const Destination& destination, Lane& lane);
  base::asio::awaitable<Outcome> send(const Destination& destination,
                                      const std::vector<dns::TxtChange>& changes);
  Outcome judge(const Destination& destination,
                std::uint16_t id,
                const dns::Bytes& reply_bytes,
                const dns::Bytes& request_mac) const;

  DnsResolver& resolver_;
  const base::Clock& clock_;
  base::Random& random_;
  const Rfc2136Options options_;
  std::map<Destination, Lane> lanes_;
};

}  // namespace agent
