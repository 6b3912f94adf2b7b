#pragma once

// Inside acme/order_*.cc only: the order machine at work.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "acme/authorization.h"
#include "acme/order_machine.h"
#include "acme/retry_advice.h"

namespace acme {

/// One resume(): the state, and a function for each thing that can happen to it. Its parts are in
/// order_machine.cc, order_placing.cc, order_status.cc, order_challenges.cc, order_certificate.cc
/// and order_failures.cc.
class OrderRun {
 public:
  OrderRun(OrderState& state, base::WallTime now)
      : record_(state.record), progress_(state.progress), now_(now) {}

  Action resume(const Outcome& outcome);

 private:
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;

  /// What the facts in the record call for; where a run begins.
  Action go_on();

  // --- placing
  Action make_key();
  Action on_key(const KeyGenerated& made);
  Action place_order();
  std::optional<CertId> replaces() const;
  bool is_replaces_refused_by(const Error& error) const;
  Action place_without_replaces();
  Action on_placed(const Response& response);

  // --- the order's status
  Action read_order();
  Action on_order(const Response& response);
  Action on_pending(std::optional<seconds> retry_after);
  /// The reply to finalize may still say ready; then only another look tells what it meant.
  Action on_ready(std::optional<seconds> retry_after);
  /// Waits for the authority, as long as the phase may last.
  Action poll(OrderPhase phase, std::optional<seconds> retry_after);
  Action on_overdue();

  // --- authorizations
  Action read_authorization();
  Action on_authorization(const Response& response);
  /// A challenge that was begun is gone on with; else the policy chooses one.
  void note_pending(const Authorization& authorization, const Url& url);
  const OrderChallenge* find_begun(const Authorization& authorization, const Url& url) const;
  /// A response without acknowledgement may have arrived: it is sent again only if the
  /// authorization is still pending after some seconds.
  void doubt_response(OrderChallenge& challenge);
  /// Presents what this run has not presented yet, and only then tells the authority to look.
  Action begin_challenges();
  Action present(const std::vector<OrderChallenge>& challenges);
  Action on_presented();
  void remember(const OrderChallenge& challenge);
  OrderChallenge* recorded(const OrderChallenge& challenge);
  OrderChallenge* next_to_respond();
  Action respond();
  Action on_responded(const Response& response);

  // --- the certificate
  Action finalize();
  Action on_finalized(const Response& response);
  Action download();
  Action on_chain(const Response& response);
  Action on_bad_chain(Error error);

  // --- failures
  /// The order is invalid: its authorizations tell why.
  Action find_failure();
  Action find_next_failure();
  Action on_failed_authorization(const Response& response);
  Action conclude_failures();
  /// The order is gone without a reason that another one would meet too: one more is placed.
  Action lose_order(Error error);
  Action on_error(const Error& plain);
  /// The authority is not well. A reply that makes no sense may never make any.
  Action on_fault(const Advice& advice, Error error);
  Action reread(const Advice& advice, Error error);
  Action on_refused_key(Error error);
  Action on_refusal(const Advice& advice, Error error);
  static Advice advice_to_look();
  Action suspend(milliseconds delay, Error reason);

  // --- the end
  Action fail(Error error);
  Action clean_up();
  Action on_cleaned_up();
  Action conclude();

  // --- words
  std::string order_context() const;
  std::string step_context() const;

  OrderRecord& record_;
  OrderProgress& progress_;
  const base::WallTime now_;
};

}  // namespace acme
