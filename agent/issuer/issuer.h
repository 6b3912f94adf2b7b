#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/retry_advice.h"
#include "agent/issuer/account.h"
#include "agent/issuer/order_runner.h"
#include "agent/issuer/renewal_poller.h"
#include "agent/planner/clock_watch.h"
#include "agent/planner/planner.h"

namespace agent {

struct IssuerOptions {
  AccountOptions account;
  OrderWish wish{};
  std::size_t orders_in_flight = 128;
};

/// What others want to hear of it; all calls on the control thread.
class IssuerListener {
 public:
  /// It is in the store. `took` is the time of the last run of its order.
  virtual void certificate_issued(const Certificate& certificate,
                                  std::chrono::milliseconds took) = 0;
  virtual void order_failed(const acme::Error& error) = 0;
  /// A certificate's renewal info was looked at; `failure` if that brought no advice.
  virtual void renewal_checked(std::optional<acme::Errc> failure) = 0;

 protected:
  ~IssuerListener() = default;
};

/// The way from "due" to "issued": asks the store what is due, lets the planner decide, runs the
/// orders, and puts back what has to wait. Everything it knows is in the store; a restart goes on
/// with the open orders. All on the control thread; what the references name outlives it.
class Issuer final : private RenewalListener {
 public:
  Issuer(OrderRunner::Parts parts,
         acme::HttpClient& http,
         IssuerOptions options,
         IssuerListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  /// Something may be due that was not: hostnames were added, a renewal was asked for.
  void wake();
  void set_orders_in_flight(std::size_t limit);

  struct Status {
    std::size_t running = 0;    ///< orders that are being run
    std::size_t suspended = 0;  ///< open orders that wait for their time
    /// Why no new orders are placed now; empty if they are.
    std::string trouble;
  };
  Status status() const;

 private:
  base::asio::awaitable<void> open_account_until_it_works();
  base::asio::awaitable<void> load_open_orders();
  base::asio::awaitable<void> watch_clock();
  void wake_orders();
  void start_poller();
  void renewal_checked(std::optional<acme::Errc> failure) override;
  void renewals_moved() override;
  void resume_suspended();
  Policy current_policy() const;
  base::asio::awaitable<void> start_due();
  base::asio::awaitable<void> sleep_until_due();
  void note_trouble(std::string_view step, const StoreError& error);
  base::asio::awaitable<void> wait_for_store(std::string step, StoreError error);

  void start(OrderRecord order);
  base::asio::awaitable<void> run_order(OrderRecord order);
  base::asio::awaitable<void> conclude_failed(OrderFailed failed);
  void conclude_suspended(OrderSuspended suspended);
  bool has_slot() const { return running_ < options_.orders_in_flight; }

  /// No new orders before `until`, by the clock that nobody sets.
  struct Pause {
    base::MonotonicTime until{};
    std::string reason;
  };
  void pause(Pause& pause, base::WallTime::duration time, std::string reason);
  Pause& pause_for(const acme::Advice& advice);
  bool is_paused() const;
  base::WallTime::duration time_until(base::MonotonicTime time) const;

  OrderRunner::Parts parts_;
  acme::HttpClient& http_;
  IssuerOptions options_;
  IssuerListener& listener_;
  ClockWatch clock_watch_;
  std::unique_ptr<acme::Client> client_;  ///< none until the account is open
  std::optional<OrderRunner> runner_;
  std::optional<RenewalPoller> poller_;
  std::optional<base::asio::steady_timer> alarm_;
  bool woken_ = false;
  bool rescued_ = false;  ///< Store::rescue_attempts() since the start or the last clock jump
  std::size_t running_ = 0;
  std::multimap<base::MonotonicTime, OrderRecord> suspended_;  ///< by when they go on
  Pause trouble_;  ///< of store, network or authority: over as soon as an order succeeds
  Pause wait_;     ///< the authority wants it, whatever succeeds meanwhile
  /// Renewals that are due are held until then; nullopt if none are.
  std::optional<base::WallTime> held_until_;
};

}  // namespace agent
