#pragma once

#include <optional>
#include <span>

#include "spop/action_writer.h"
#include "spop/message.h"
#include "spop/ticket.h"

namespace spop {

/// How an answer is put off. Valid during the answer() it was given to.
class Deferral {
 public:
  virtual ~Deferral() = default;
  /// From here on the ACK waits for the ticket; what `actions` holds when answer() returns is the
  /// miss, sent if the ticket is not completed in time (ConnectionOptions::defer_timeout).
  /// nullopt if too many wait already: then `actions` is the answer. At most once per answer().
  virtual std::optional<Ticket> defer() = 0;
};

/// Answers NOTIFYs. One handler serves all workers: thread-safe, and nothing in it blocks or waits,
/// because HAProxy holds a request back meanwhile.
///
/// Each NOTIFY is answered exactly once and always (SPOE.txt §3.2.7): a handler that writes nothing
/// (a message it does not know, an argument that is missing) gets a harmless ACK sent for it; so
/// does one whose actions exceed the negotiated frame size, and a NOTIFY that does not decode,
/// which no handler sees.
class Handler {
 public:
  virtual ~Handler() = default;

  /// The NOTIFYs that are answered together, before any of them is: for touching the cache lines
  /// that the answers need. `hint` is free to be written; all else is to be left alone.
  virtual void prefetch(std::span<NotifyView> /*batch*/) {}

  /// Writes the answer's actions, or defers it.
  virtual void answer(const NotifyView& notify, ActionWriter& actions, Deferral& deferral) = 0;
};

}  // namespace spop
