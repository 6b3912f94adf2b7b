#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "agent/dns/dns_resolver.h"
#include "agent/model/usage.h"
#include "agent/planner/usage_judgement.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// Who is told; calls on the control thread.
class UsageListener {
 public:
  /// Hostnames may be due that were not.
  virtual void hostnames_used_again() = 0;

 protected:
  ~UsageListener() = default;
};

struct UsageOptions {
  std::chrono::milliseconds after{};     ///< without use for so long: unused
  std::vector<std::string> addresses{};  ///< ours, as IpAddress::text() has them; at least one
};

/// Looks once a day whether each hostname with a certificate still leads to us, at most 16 a
/// second, and tells the store which are not to be renewed. What has visitors needs no look at DNS.
/// Nothing waits for it. On the control thread; the references outlive it.
class UsageWatch {
 public:
  static constexpr std::size_t at_once = 16;
  static constexpr std::chrono::seconds between_looks{1};
  static constexpr std::chrono::minutes longest_sleep{5};  ///< when nothing was due

  struct Parts {
    Database& database;
    DnsResolver& resolver;
    const base::Clock& clock;
    base::Random& random;
    base::Log& log;
  };
  UsageWatch(Parts parts, UsageOptions options, UsageListener& listener)
      : parts_(parts), options_(std::move(options)), listener_(listener) {}

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

 private:
  /// How many were due; nullopt if the store was in trouble.
  base::asio::awaitable<std::optional<std::size_t>> look_at_due();
  base::asio::awaitable<std::vector<UsageLook>> look_at(std::vector<HostnameUsage> due);
  base::asio::awaitable<Lead> find_lead(base::DomainName name);
  void tell(const HostnameUsage& before, const UsageLook& look);

  Parts parts_;
  const UsageOptions options_;
  UsageListener& listener_;
};

}  // namespace agent
