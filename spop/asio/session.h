#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "spop/asio/handler_memory.h"
#include "spop/connection.h"

namespace spop {

/// Moves the bytes of one Connection: one read, one write a batch. Lives on its worker's thread and
/// as long as an operation of it is under way.
///
/// Callbacks and not a coroutine: with few frames in flight a coroutine's frames and resumptions
/// cost 14 % of the throughput (docs/performance.md).
class Session : public std::enable_shared_from_this<Session> {
 public:
  // Not of any executor: Asio asks such a one for its kind again and again, for every frame.
  using Executor = base::asio::io_context::executor_type;
  using Socket = base::asio::basic_stream_socket<base::StreamProtocol, Executor>;
  class Owner {
   public:
    /// The connection has gathered what was read at `now`: its answers, write() and advance() are
    /// the owner's to bring about.
    virtual void on_session_read(std::shared_ptr<Session> session, base::MonotonicTime now) = 0;
    /// Called once, when the socket is closed. `failure` is what the peer did wrong, if it did.
    virtual void on_session_closed(std::uint64_t id, std::error_code failure) = 0;

   protected:
    ~Owner() = default;
  };

  /// REQUIRES: `environment` and `owner` outlive the session.
  Session(Socket socket, ConnectionEnvironment& environment, Owner& owner, std::uint64_t id);

  void start();
  /// Hands a completed ticket to the connection; advance() is to follow.
  void complete(std::uint64_t serial, std::span<const std::byte> actions, base::MonotonicTime now);
  /// Sends what there is to send.
  void write(base::MonotonicTime now);
  /// Does what the connection wants done by `now`.
  void advance(base::MonotonicTime now);
  void stop(base::MonotonicTime deadline);
  /// At once and for good.
  void close();

 private:
  void read();
  void on_read(std::shared_ptr<Session> self, const boost::system::error_code& ec, std::size_t n);
  void wait_writable();
  void arm_timer();

  Socket socket_;
  base::asio::basic_waitable_timer<std::chrono::steady_clock,
                                   base::asio::wait_traits<std::chrono::steady_clock>,
                                   Executor>
      timer_;
  HandlerMemory read_memory_;
  Connection connection_;
  Owner& owner_;
  const std::uint64_t id_;
  bool reading_ = false;
  bool waiting_writable_ = false;
  bool closed_ = false;
  base::MonotonicTime armed_ = base::MonotonicTime::max();  // when timer_ fires
};

}  // namespace spop
