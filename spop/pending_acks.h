#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "spop/message.h"

namespace spop {

/// A NOTIFY whose answer comes later.
struct PendingAck {
  std::uint64_t serial;
  StreamId stream_id;
  FrameId frame_id;
  base::MonotonicTime deadline;
  std::vector<std::byte> miss;  ///< the actions to send when the deadline has come
};

/// One connection's deferred answers; all wait equally long, so that they expire in the order they
/// came. Its owner bounds the number.
class PendingAcks {
 public:
  /// REQUIRES: a deadline not before that of the last one added.
  void add(PendingAck pending) { waiting_.push_back(std::move(pending)); }

  /// The one with this serial; nullopt if it is gone already.
  std::optional<PendingAck> take(std::uint64_t serial);
  /// One whose deadline has come; nullopt if there is none.
  std::optional<PendingAck> take_expired(base::MonotonicTime now);
  std::optional<base::MonotonicTime> next_deadline() const;
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  void clear() { waiting_.clear(); }

 private:
  std::vector<PendingAck> waiting_;  // the oldest first
};

}  // namespace spop
