#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/answer.h"
#include "acme/certificate.h"
#include "acme/certificate_key.h"
#include "acme/error.h"
#include "acme/order_record.h"
#include "acme/request.h"
#include "acme/types.h"
#include "base/clock.h"

namespace acme {

/// Where an order stands; for people and tests. Only OrderRecord survives a restart.
enum class OrderStep {
  start,               ///< nothing done yet in this run
  make_key,            ///< GenerateKey is out
  place_order,         ///< POST newOrder is out
  read_order,          ///< POST-as-GET of the order is out
  read_authorization,  ///< POST-as-GET of an authorization of a pending order is out
  present,             ///< Present is out
  respond,             ///< POST to a challenge is out
  poll,                ///< Wait is out; the order is read next
  finalize,            ///< POST finalize is out
  download,            ///< POST-as-GET of the certificate is out
  find_failure,        ///< POST-as-GET of an authorization of an invalid order is out
  clean_up,            ///< CleanUp is out
  done,
  failed,
  suspended,
};

/// What the authority is busy with.
enum class OrderPhase { none, validation, processing };

/// What one run remembers between two actions; a restarted run begins with a fresh one.
struct OrderProgress {
  OrderStep step = OrderStep::start;
  // The order as last read in this run.
  bool is_order_read = false;
  std::vector<Url> authorizations = {};  ///< at most 200
  std::optional<Url> finalize_url = {};
  std::optional<Url> certificate_url = {};
  std::optional<Error> order_error = {};  ///< its own `error`
  // Reading its authorizations.
  std::size_t next_authorization = 0;
  std::vector<OrderChallenge> pending = {};  ///< of those read, what is to be presented
  std::vector<Subproblem> failures = {};     ///< of those read
  // Waiting for the authority.
  OrderPhase phase = OrderPhase::none;
  int polls = 0;                                        ///< in this phase
  std::optional<base::WallTime> deadline = {};          ///< of this phase
  std::optional<base::WallTime> respond_again_at = {};  ///< when a response may have been lost
  int rereads = 0;  ///< of the order because a reply was a surprise
};

/// One order. `record` is to be stored, see resume().
struct OrderState {
  OrderRecord record;
  OrderProgress progress = {};
};

// What the shell must do next, and the outcome it reports.
/// make_certificate_key(type, identifiers), on a pool thread, or reuse_certificate_key() with a key
/// of that type while record.keys_made is 0 → KeyGenerated or its Error. (`Post`,
/// the request of acme/request.h, → Response or the client's Error.)
struct GenerateKey {
  KeyType type;
  std::vector<Identifier> identifiers;
};
/// Publish all of these to every responder, or look for them where they stand already → Presented,
/// once whoever asks anywhere gets them; or an Error with present_failed. They may be published
/// already: then nothing changes.
struct Present {
  std::vector<Answer> answers;
};
/// Withdraw all of these, whether they were published or not → CleanedUp. What cannot be withdrawn
/// is the shell's to log and try again: an order does not fail by it.
struct CleanUp {
  std::vector<Answer> answers;
};
/// Nothing until then → Elapsed. Seconds, in the normal course of an order.
struct Wait {
  base::WallTime until;
};
/// The authority is in trouble, wants us to wait, or takes too long (`reason`; retry_advice() tells
/// its scope). The order lives: put it back into the queue, forget the OrderState but not the
/// OrderRecord, and go on with Started from `until` on. `until` is `now` for Errc::cancelled.
struct Suspend {
  base::WallTime until;
  Error reason;
};
/// record.certificate_chain_pem and record.private_key_pem are a good pair. Final.
struct Done {
  CertificateInfo certificate;
};
/// This order will never be. `error.subproblems` has the cause for each identifier that failed;
/// what to do next is retry_advice(error). Final.
struct Failed {
  Error error;
};

struct Started {};  ///< the first outcome of a run
struct KeyGenerated {
  CertificateKey key;
};
struct Presented {};
struct CleanedUp {};
struct Elapsed {};

using Action = std::variant<GenerateKey, Post, Present, CleanUp, Wait, Suspend, Done, Failed>;
using Outcome = std::variant<Started, KeyGenerated, Response, Presented, CleanedUp, Elapsed, Error>;

/// Takes an order from placing to a verified certificate (RFC 8555 §7.4). Deterministic: same
/// state, outcome and time, same action; no I/O, no clock. The shell does
///
///     state.record = what the store has, or a new record
///     outcome = Started
///     loop: action = resume(state, outcome, now)
///           if state.record differs from what was stored: store it     (write before act)
///           perform the action; outcome = its result
///
/// until Done, Failed or Suspend. It may be killed anywhere: a new run with the stored record
/// presents again what was presented, reads the order and goes on from its status. Then there is no
/// second order (unless the first is lost, once), no second key after finalize, and a challenge is
/// answered twice only if the first answer may have been lost and the authority still waits five
/// seconds later.
///
/// An order that the authority refuses with `replaces` is placed at once without it: the renewal
/// only loses its exemption from rate limits, and is_replaces_refused is in the record before.
///
/// REQUIRES: the outcome answers the last action (Error answers each); a breach throws
/// std::logic_error.
Action resume(OrderState& state, const Outcome& outcome, base::WallTime now);

}  // namespace acme
