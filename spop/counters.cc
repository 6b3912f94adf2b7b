#include "spop/counters.h"

namespace spop {

CounterValues& CounterValues::operator+=(const Counters& worker) {
  // Closed before accepted, so that a connection accepted meanwhile does not make open negative.
  connections_closed += worker.connections_closed.value();
  connections_accepted += worker.connections_accepted.value();
  connections_refused += worker.connections_refused.value();
  healthchecks += worker.healthchecks.value();
  bytes_received += worker.bytes_received.value();
  bytes_sent += worker.bytes_sent.value();
  frames += worker.frames.value();
  frames_skipped += worker.frames_skipped.value();
  notifies += worker.notifies.value();
  notifies_undecodable += worker.notifies_undecodable.value();
  notifies_unanswered += worker.notifies_unanswered.value();
  acks += worker.acks.value();
  acks_too_big += worker.acks_too_big.value();
  deferrals += worker.deferrals.value();
  deferrals_refused += worker.deferrals_refused.value();
  deferrals_missed += worker.deferrals_missed.value();
  for (std::size_t i = 0; i < disconnect_kinds; ++i) {
    disconnects_sent[i] += worker.disconnects_sent[i].value();
    disconnects_received[i] += worker.disconnects_received[i].value();
  }
  return *this;
}

}  // namespace spop
