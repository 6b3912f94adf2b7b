#include "spop/pending_acks.h"

#include <algorithm>

namespace spop {

std::optional<PendingAck> PendingAcks::take(std::uint64_t serial) {
  const auto found = std::ranges::find(waiting_, serial, &PendingAck::serial);
  if (found == waiting_.end()) return std::nullopt;
  PendingAck taken = std::move(*found);
  waiting_.erase(found);
  return taken;
}

std::optional<PendingAck> PendingAcks::take_expired(base::MonotonicTime now) {
  if (waiting_.empty() || waiting_.front().deadline > now) return std::nullopt;
  return take(waiting_.front().serial);
}

std::optional<base::MonotonicTime> PendingAcks::next_deadline() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().deadline;
}

}  // namespace spop
