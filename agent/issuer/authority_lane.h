#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme/retry_advice.h"
#include "agent/issuer/account_keeper.h"
#include "agent/issuer/order_runner.h"
#include "agent/issuer/renewal_poller.h"
#include "agent/issuer/revoker.h"
#include "agent/planner/circuit_breaker.h"
#include "agent/planner/planner.h"

namespace agent {

/// One authority of the configuration, and the way there.
struct AuthoritySetup {
  acme::HttpClient& http;
  AccountOptions account;
  OrderWish wish{};
  AuthorityLimits limits{};
};

/// What a lane tells; calls on the control thread.
class LaneListener {
 public:
  /// The lane may take orders that it could not, or hostnames may be due that were not.
  virtual void lane_changed() = 0;
  /// The renewal info of a certificate was looked at; `failure` if that brought no advice.
  virtual void renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) = 0;

 protected:
  ~LaneListener() = default;
};

/// All that we have with one authority: our account, the orders that wait for it, the renewal info
/// we ask it for, and whether it may be given new orders. Nothing in one lane holds up another. The
/// Issuer decides what runs in which lane, and when. All on the control thread; what the references
/// name outlives it.
class AuthorityLane final : private RenewalListener,
                            private AccountKeeperListener,
                            private OrderRunListener {
 public:
  AuthorityLane(OrderRunner::Parts parts, AuthoritySetup setup, LaneListener& listener);
  AuthorityLane(const AuthorityLane&) = delete;
  AuthorityLane& operator=(const AuthorityLane&) = delete;

  const std::string& name() const { return setup_.account.authority; }

  /// Opens the account, again until it works, then looks after renewal info. Never returns; it ends
  /// with its io_context.
  base::asio::awaitable<void> run();
  /// A check of renewal info may be due that was not, or the clock was set.
  void wake();

  /// What operators do with the account.
  AccountKeeper& account() { return account_; }
  /// Certificates may have to be revoked that had not.
  void look_for_revocations();

  /// Whether orders may be given to it now.
  bool is_available() const;
  /// What the planner is to know of it; dies with the lane.
  AuthorityChoice choice() const;

  const Budgets& budgets() const { return budgets_; }
  /// Stored entries of any authority; those of others are skipped.
  void apply_budgets(std::span<const BudgetEntry> entries);

  /// An order will be run now: to be called before run_order(), and before the lane is asked for
  /// anything else.
  void note_start();
  /// Runs the order until it ends or is suspended. REQUIRES: it is from take_resumable(), or the
  /// lane was available when the order was made.
  base::asio::awaitable<OrderEnd> run_order(OrderRecord order);

  /// Keeps an open order that goes on in `time`.
  void keep(OrderRecord order, base::WallTime::duration time);
  /// The order that has waited longest past its time; nullopt if there is none, or as long as the
  /// account is not open.
  std::optional<OrderRecord> take_resumable();
  /// All that wait, of an account that is closed: nobody can go on with them.
  std::vector<OrderRecord> take_stranded();
  /// When take_resumable() has the next one; nullopt if it has none.
  std::optional<base::MonotonicTime> next_resumable() const;
  /// The end of the pause for new orders; nullopt without one.
  std::optional<base::MonotonicTime> paused_until() const;

  // What became of an order.
  void note_issued();
  /// It failed, or is suspended for `time`.
  void note_mishap(const acme::Error& reason, base::WallTime::duration time);
  /// It was removed, or what became of it says nothing of others.
  void note_gone() { breaker_.end_without_verdict(); }

  /// Orders no profile from now on, if `reason` is that the authority does not offer ours and the
  /// configuration allows that. Whether it did.
  bool falls_back_from_profile(const acme::Error& reason);

  struct Status {
    std::string authority{};
    std::size_t running = 0;    ///< orders that are being run
    std::size_t suspended = 0;  ///< open orders that wait for their time
    /// Why it is given no new orders now; empty if it is.
    std::string trouble{};
    CircuitBreaker::State breaker = CircuitBreaker::State::closed;
    bool is_open = false;                       ///< we have its account's key
    std::string directory_url{};                ///< in the configuration
    std::string account_url{};                  ///< empty until it is registered
    std::string thumbprint{};                   ///< of the account's key
    std::string profile{};                      ///< that is ordered; empty for the default
    std::vector<std::string> caa_identities{};  ///< as its directory has them
  };
  Status status() const;

 private:
  void renewal_checked(std::optional<acme::Errc> failure) override;
  void renewals_moved() override;
  void account_changed() override;
  base::asio::awaitable<Exemption> replaces_refused(OrderRecord order) override;
  base::asio::awaitable<Exemption> exemption_without_advice(OrderRecord order);
  base::asio::awaitable<void> open_until_it_works();
  base::asio::awaitable<std::optional<acme::Error>> check_names(const OrderRecord& order);
  base::asio::awaitable<void> check_profile();

  /// No new orders before `until`, by the clock that nobody sets.
  struct Pause {
    base::MonotonicTime until{};
    std::string reason;
  };
  void note_health(const acme::Error& reason, const acme::Advice& advice);
  void pause(Pause& pause, base::WallTime::duration time, std::string reason);
  base::asio::awaitable<void> wait_for_the_end_of(const Pause& pause);

  OrderRunner::Parts parts_;
  AuthoritySetup setup_;
  LaneListener& listener_;
  AccountKeeper account_;
  acme::Client* client_ = nullptr;  ///< the account's; none until that is open
  std::optional<OrderRunner> runner_;
  std::optional<RenewalPoller> poller_;
  std::optional<Revoker> revoker_;
  std::optional<base::asio::steady_timer> alarm_;  ///< while the account does not open
  Budgets budgets_;
  std::size_t running_ = 0;
  std::multimap<base::MonotonicTime, OrderRecord> suspended_;  ///< by when they go on
  CircuitBreaker breaker_;
  std::string fault_;  ///< the last one that the breaker was told of
  Pause trouble_;      ///< of the account or the configuration: over as soon as an order succeeds
  Pause wait_;         ///< the authority wants it, whatever succeeds meanwhile
};

}  // namespace agent
