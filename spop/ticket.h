#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace spop {

/// Which deferred answer: unique for as long as its server lives.
struct TicketId {
  std::uint64_t connection = 0;
  std::uint64_t serial = 0;
  friend bool operator==(const TicketId&, const TicketId&) = default;
};

/// Where completed tickets go: a worker's inbox, or a test's list.
class TicketSink {
 public:
  virtual ~TicketSink() = default;
  /// Thread-safe; copies `actions`.
  virtual void complete(TicketId id, std::span<const std::byte> actions) = 0;
};

/// The right to answer one deferred NOTIFY later. A small value: copy it into the query.
class Ticket {
 public:
  Ticket(std::shared_ptr<TicketSink> sink, TicketId id) : sink_(std::move(sink)), id_(id) {}

  /// Sends `actions`, encoded by an ActionWriter; none means a harmless ACK. Thread-safe, from any
  /// thread, at any time: it does nothing if the miss has gone out already, if it was called
  /// before, if the connection is closed or the server is gone. Waits for nothing but a queue's
  /// mutex.
  void complete(std::span<const std::byte> actions) const { sink_->complete(id_, actions); }

 private:
  std::shared_ptr<TicketSink> sink_;
  TicketId id_;
};

}  // namespace spop
