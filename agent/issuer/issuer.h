#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/issuer/authority_lane.h"
#include "agent/planner/clock_watch.h"
#include "agent/planner/packing.h"
#include "agent/planner/planner.h"

namespace agent {

struct IssuerOptions {
  std::vector<AuthoritySetup> authorities;  ///< at least one, in the order of fail-over
  std::size_t orders_in_flight = 128;       ///< at all authorities together
  Packing packing{};
  Policy::Keys keys = Policy::Keys::one_type;
};

/// What others want to hear of it; all calls on the control thread. `authority` is a name in the
/// configuration.
class IssuerListener {
 public:
  /// It is in the store. `took` is the time of the last run of its order.
  virtual void certificate_issued(const Certificate& certificate,
                                  std::chrono::milliseconds took) = 0;
  virtual void order_failed(const std::string& authority, const acme::Error& error) = 0;
  /// A certificate's renewal info was looked at; `failure` if that brought no advice.
  virtual void renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) = 0;

 protected:
  ~IssuerListener() = default;
};

/// The way from "due" to "issued": asks the store what is due, lets the planner decide which
/// authority gets it, runs the orders in the lanes of their authorities, and puts back what has to
/// wait. Everything it knows is in the store; a restart goes on with the open orders. All on the
/// control thread; what the references name outlives it.
class Issuer final : private LaneListener {
 public:
  Issuer(OrderRunner::Parts parts, IssuerOptions options, IssuerListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  /// Something may be due that was not: hostnames were added, a renewal was asked for.
  void wake();
  void set_orders_in_flight(std::size_t limit);
  /// The account at that authority; nullptr if the configuration has none of that name.
  AccountKeeper* account(std::string_view authority) const;
  /// Certificates may have to be revoked that had not.
  void look_for_revocations();

  struct Status {
    std::size_t running = 0;    ///< orders that are being run
    std::size_t suspended = 0;  ///< open orders that wait for their time
    /// Why no new orders are placed now, anywhere; empty if they are.
    std::string trouble{};
    std::vector<AuthorityLane::Status> authorities{};  ///< in the order of fail-over
  };
  Status status() const;

 private:
  void lane_changed() override;
  void renewal_checked(const std::string& authority, std::optional<acme::Errc> failure) override;

  base::asio::awaitable<void> load_budgets();
  base::asio::awaitable<void> load_open_orders();
  base::asio::awaitable<void> assign(OrderRecord order);
  base::asio::awaitable<void> abandon(OrderRecord order,
                                      std::string reason,
                                      std::optional<base::WallTime> refused_until);
  base::asio::awaitable<void> watch_clock();
  void resume_suspended();
  base::asio::awaitable<void> abandon_stranded();
  base::asio::awaitable<StoreResult<Policy>> make_policy(base::WallTime now);
  std::vector<const Budgets*> open_budgets() const;
  void apply_budgets(std::span<const BudgetEntry> entries);
  base::asio::awaitable<void> save_budgets(std::vector<BudgetEntry> entries);
  base::asio::awaitable<void> start_due();
  base::asio::awaitable<void> sleep_until_due();
  base::asio::awaitable<base::WallTime::duration> time_until_next_due();
  base::WallTime opens_at(Urgency urgency, base::WallTime now) const;
  void wake_orders();

  void note_trouble(std::string_view step, const StoreError& error);
  base::asio::awaitable<void> wait_for_store(std::string step, StoreError error);

  AuthorityLane* find_lane(std::string_view authority) const;
  void start(AuthorityLane& lane, OrderRecord order);
  base::asio::awaitable<void> run_order(AuthorityLane& lane, OrderRecord order);
  base::asio::awaitable<void> conclude_failed(AuthorityLane& lane, OrderFailed failed);
  OrderFailure failure_of(const OrderFailed& failed, const acme::Advice& advice);
  base::asio::awaitable<void> conclude_suspended(AuthorityLane& lane, OrderSuspended suspended);
  bool may_do_better_elsewhere(const OrderSuspended& suspended,
                               base::WallTime::duration time) const;
  bool has_slot() const { return running_ < orders_in_flight_; }
  bool is_any_lane_available() const;
  bool is_store_in_trouble() const;
  base::WallTime::duration time_until(base::MonotonicTime time) const;

  OrderRunner::Parts parts_;
  std::size_t orders_in_flight_;
  const Packing packing_;
  const Policy::Keys keys_;
  std::size_t pack_size_ = 1;
  IssuerListener& listener_;
  std::vector<std::unique_ptr<AuthorityLane>> lanes_;  ///< in the order of fail-over
  ClockWatch clock_watch_;
  std::optional<base::asio::steady_timer> alarm_;
  bool woken_ = false;
  bool rescued_ = false;  ///< Store::rescue_attempts() since the start or the last clock jump
  std::size_t running_ = 0;
  base::MonotonicTime store_trouble_until_{};
  std::string store_trouble_;
  /// Hostnames that are due are held until then; nullopt if none are.
  std::optional<base::WallTime> held_until_;
};

}  // namespace agent
