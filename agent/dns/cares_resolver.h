#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/dns/cares_channel.h"
#include "agent/dns/dns_resolver.h"

namespace agent {

struct ResolverOptions {
  std::vector<DnsServer> resolvers{};        ///< empty: those of /etc/resolv.conf
  std::chrono::milliseconds timeout{2'000};  ///< of the first try; doubles from try to try
  int tries = 3;                             ///< at each server
};

/// The servers of /etc/resolv.conf, as c-ares reads them.
std::vector<DnsServer> system_resolvers();

/// DnsResolver by c-ares.
class CaresResolver final : public DnsResolver {
 public:
  /// Throws std::runtime_error if c-ares cannot start.
  CaresResolver(base::asio::any_io_executor executor, ResolverOptions options);

  base::asio::awaitable<base::Result<DnsAnswer, DnsError>> query(DnsQuestion question) override;
  base::asio::awaitable<base::Result<DnsAnswer, DnsError>> query_at(DnsServer server,
                                                                    DnsQuestion question) override;

 private:
  using Answer = base::Result<DnsAnswer, DnsError>;
  using Recursion = CaresOptions::Recursion;

  base::asio::awaitable<Answer> ask(DnsServer server, Recursion recursion, DnsQuestion question);
  std::shared_ptr<CaresChannel> channel_to(const DnsServer& server, Recursion recursion);

  base::asio::any_io_executor executor_;
  const ResolverOptions options_;
  std::vector<DnsServer> resolvers_;
  std::size_t first_ = 0;  ///< who answered last: a dead resolver is not asked first again
  /// While somebody asks: a channel lives as long as its questions.
  std::map<std::pair<std::string, Recursion>, std::weak_ptr<CaresChannel>> channels_;
};

}  // namespace agent
