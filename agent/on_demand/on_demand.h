#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "agent/lookup/lookup.h"
#include "agent/lookup/spop_answers.h"
#include "agent/on_demand/addition_limit.h"
#include "agent/on_demand/permission.h"
#include "agent/on_demand/permit_cache.h"
#include "agent/platform/hostname_changes.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// Who is told; calls on the control thread.
class OnDemandListener {
 public:
  /// They are in the store.
  virtual void hostnames_added(std::span<const base::DomainName> names) = 0;

 protected:
  ~OnDemandListener() = default;
};

struct OnDemandOptions {
  RateLimit limit{20, std::chrono::hours(1)};  ///< hostnames added of one registered domain
  std::size_t queue = 1'000;                   ///< names that wait to be asked about
  std::size_t max_labels = 6;                  ///< of a name
  std::chrono::milliseconds yes_ttl = std::chrono::hours(1);
  std::chrono::milliseconds no_ttl = std::chrono::hours(1);
  std::chrono::milliseconds retry = std::chrono::minutes(1);  ///< where nothing came of it
};

/// Makes hostnames of the names that HAProxy asks for and nobody knows, if somebody permits it: by
/// the platform's rules, as the API would, for the actor `on-demand`. The workers keep the names;
/// here they are taken ten times a second, and each is asked about once while the answer is known.
/// Whatever comes in, memory and the questions under way are bounded. On the control thread; the
/// references outlive it.
class OnDemand {
 public:
  static constexpr std::chrono::milliseconds between_looks{100};
  static constexpr std::size_t asked_at_once = 8;
  static constexpr std::size_t most_known = 50'000;  ///< answers, about 10 MB

  struct Parts {
    Database& database;
    const Lookup& lookup;
    const SpopAnswers& answers;  ///< with Unknown::kept
    Permission& permission;
    const base::Clock& clock;
    base::Log& log;
  };
  /// What has become of names since our start; all but `waiting` only grow.
  struct Figures {
    std::array<std::uint64_t, 3> asks{};  ///< by Permit
    std::uint64_t added = 0;
    std::uint64_t refused = 0;  ///< by the platform's rules
    std::uint64_t guarded = 0;  ///< nobody was asked: see refuse_on_demand()
    std::uint64_t limited = 0;  ///< requests for names that found the limit of their domain reached
    std::uint64_t dropped = 0;  ///< with the queue full
    std::size_t waiting = 0;    ///< in the queue now
  };

  OnDemand(Parts parts, OnDemandOptions options, PlatformRules rules, OnDemandListener& listener)
      : parts_(parts),
        options_(options),
        rules_(std::move(rules)),
        listener_(listener),
        limit_(options.limit) {}

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();
  const Figures& figures() const { return figures_; }

 private:
  void consider(std::string_view text);
  /// Looks after the name, then after those in the queue.
  base::asio::awaitable<void> work(base::DomainName name);
  base::asio::awaitable<void> ask_and_add(const base::DomainName& name);
  base::asio::awaitable<Permit> find_permit(const base::DomainName& name);
  base::asio::awaitable<void> add(const base::DomainName& name);
  void know(const base::DomainName& name,
            Permit permit,
            std::chrono::milliseconds ttl,
            std::chrono::milliseconds rest);

  Parts parts_;
  const OnDemandOptions options_;
  const PlatformRules rules_;
  OnDemandListener& listener_;
  AdditionLimit limit_;
  PermitCache known_{most_known};
  std::deque<base::DomainName> queue_;
  std::unordered_set<std::string> busy_;  // in the queue or being asked about
  std::size_t asking_ = 0;
  Figures figures_;
};

}  // namespace agent
