#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "base/clock.h"
#include "spop/byte_buffer.h"
#include "spop/counters.h"
#include "spop/frame_decoder.h"
#include "spop/frame_writer.h"
#include "spop/handler.h"
#include "spop/notify_batch.h"
#include "spop/pending_acks.h"

namespace spop {

struct ConnectionOptions {
  /// In bytes, without the prefix: the largest frame we agree to, and so the most input that one
  /// connection can make us hold. HAProxy proposes its tune.bufsize less 4.
  std::size_t max_frame_size = 65'536;
  std::size_t max_hello_size = 65'536;  ///< nothing is negotiated yet
  /// In bytes: with more output waiting, no further frame is decoded until it is written.
  std::size_t max_output = 65'536;
  std::size_t max_deferred = 64;               ///< a connection
  std::size_t max_deferred_per_worker = 4096;  ///< all connections of a worker together

  std::chrono::milliseconds hello_timeout{10'000};
  std::chrono::milliseconds idle_timeout{600'000};
  std::chrono::milliseconds write_timeout{10'000};  ///< of a peer that takes no byte of the output
  std::chrono::milliseconds defer_timeout{100};     ///< then the miss is sent
  /// Before a HELLO is refused: 2.6 comes back at once, thousands of times a second.
  std::chrono::milliseconds refusal_pause{250};
  std::chrono::milliseconds drain_timeout{2'000};  ///< for the peer to close after our DISCONNECT
  /// A stopping connection says goodbye once nothing has come for so long: requests come in bursts,
  /// and a NOTIFY that crosses the DISCONNECT is lost.
  std::chrono::milliseconds stop_quiet{2};
};

/// What the connections of one worker have in common. REQUIRES: all of it outlives them.
struct ConnectionEnvironment {
  const ConnectionOptions& options;
  Handler& handler;
  Counters& counters;
  std::shared_ptr<TicketSink> tickets;
  NotifyBatch batch;
  std::size_t deferred = 0;  ///< tickets out, of all connections
};

/// The agent's side of one SPOP connection, without I/O (SPOE.txt §3.3): HELLO, NOTIFYs and their
/// ACKs, health check, DISCONNECT, timeouts, and a stop that loses no answer. A peer's bytes never
/// make it throw or grow without bound. Not thread-safe.
///
/// After every call the shell does what these say, until nothing is left to do: write output() and
/// report on_written(); shut down sending if wants_half_close(); close the socket if is_closed();
/// read into prepare() if wants_read(); call on_deadline() at deadline(), which moves.
/// All `now` are of one clock and never go back.
class Connection {
 public:
  /// `id` is what this connection's tickets carry. REQUIRES: the environment outlives it.
  Connection(ConnectionEnvironment& environment, std::uint64_t id, base::MonotonicTime now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Space for the next read. REQUIRES: wants_read().
  std::span<std::byte> prepare() { return decoder_.prepare(); }
  bool wants_read() const;
  /// The first n bytes of the last prepare() have arrived. Answers every NOTIFY in them, and those
  /// that were gathered before.
  void on_received(std::size_t n, base::MonotonicTime now);
  /// The same, but the NOTIFYs wait in the environment's batch for those of other connections:
  /// while few come in one read, their look-ups are faster side by side. They are answered by
  /// answer_gathered(), and by whatever happens to this connection before that.
  void gather(std::size_t n, base::MonotonicTime now);
  static void answer_gathered(ConnectionEnvironment& environment, base::MonotonicTime now);
  /// The peer closed or reset the connection, or a write failed: all normal ends.
  void on_end();

  /// What is to be sent, in as few writes as possible. Dies at the next call of any other member.
  std::span<const std::byte> output() const { return output_.bytes().subspan(sent_); }
  /// The first n bytes of output() are sent.
  void on_written(std::size_t n, base::MonotonicTime now);

  bool wants_half_close() const { return state_ == State::leaving && output_.empty(); }
  /// Sending is shut down; what still comes is read and dropped.
  void on_half_closed(base::MonotonicTime now);
  bool is_closed() const { return state_ == State::closed; }
  /// What the peer did wrong, if it did; an Errc.
  std::error_code failure() const { return failure_; }

  base::MonotonicTime deadline() const;
  void on_deadline(base::MonotonicTime now);

  /// A ticket of this connection was completed; ignored if it is too late.
  void complete(std::uint64_t serial, std::span<const std::byte> actions, base::MonotonicTime now);

  /// Says DISCONNECT 0 once every NOTIFY is answered and the peer is quiet. From `deadline` on it
  /// sends misses for what is deferred, and does not wait for quiet: the goodbye is right behind
  /// the next answers.
  void stop(base::MonotonicTime deadline, base::MonotonicTime now);

 private:
  enum class State {
    hello,     // waits for HAPROXY-HELLO
    running,   // NOTIFYs and ACKs
    refusing,  // pauses before the DISCONNECT that answers a bad HELLO
    leaving,   // the last bytes are on their way out
    draining,  // sending is shut down; waits for the peer to close
    closed,
  };
  class AckDeferral;

  void begin(base::MonotonicTime now);
  void decode(base::MonotonicTime now);
  void dispatch(const Frame& frame, base::MonotonicTime now);
  void accept_hello(const Frame& frame, base::MonotonicTime now);
  void collect_notify(const Frame& frame, base::MonotonicTime now);
  void accept_disconnect(const Frame& frame, base::MonotonicTime now);
  void answer(const NotifyView& notify, base::MonotonicTime now);
  void send_ack(StreamId stream_id, FrameId frame_id, std::span<const std::byte> actions);
  void finish_ack(FrameWriter& ack, const ActionWriter& actions);
  void send_misses(base::MonotonicTime until);
  void fail(std::error_code reason, base::MonotonicTime now);
  void leave(std::error_code reason);
  void on_running_deadline(base::MonotonicTime now);
  void close();
  void drop_pending();
  bool must_stop(base::MonotonicTime now) const;
  base::MonotonicTime running_deadline() const;

  ConnectionEnvironment& environment_;
  const std::uint64_t id_;
  State state_ = State::hello;
  FrameDecoder decoder_;
  ByteBuffer output_;
  std::size_t sent_ = 0;        // of output_
  std::size_t max_frame_size_;  // as negotiated
  bool backlog_ = false;        // decoder_ may hold whole frames
  bool gathered_ = false;       // NOTIFYs of this connection are in the environment's batch
  PendingAcks pending_;
  std::uint64_t next_serial_ = 0;
  std::error_code failure_;
  base::MonotonicTime wake_;      // in hello, refusing, draining: when the state ends
  base::MonotonicTime received_;  // the last bytes
  base::MonotonicTime progress_;  // the last time that output was empty or got shorter
  std::optional<base::MonotonicTime> stop_at_;
};

}  // namespace spop
