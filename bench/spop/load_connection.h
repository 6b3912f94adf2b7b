#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "bench/spop/histogram.h"
#include "bench/spop/questions.h"
#include "spop/byte_buffer.h"
#include "spop/frame_decoder.h"

namespace bench {

/// What all connections of a load have in common.
struct LoadState {
  const Questions& questions;
  std::size_t next_question = 0;
  std::uint64_t acks = 0;
  Histogram latency;
};

/// One connection that always has the same number of NOTIFYs in flight, and looks at every byte of
/// every ACK. Ends the process with a sentence at the first that is wrong.
class LoadConnection {
 public:
  /// Connects and exchanges HELLOs.
  LoadConnection(const base::Endpoint& agent, std::size_t in_flight, LoadState& state);

  int fd() const { return fd_; }
  /// Sends the first NOTIFYs.
  void start();
  /// Reads what is there, and asks anew for each answer, in one write.
  void on_readable();

 private:
  using Clock = std::chrono::steady_clock;
  struct Slot {
    std::uint64_t stream_id;
    std::size_t question;
    Clock::time_point asked;
  };

  void exchange_hellos();
  void ask(Slot& slot);
  void take(spop::FrameBytes bytes, Clock::time_point now);
  void receive();
  void send();

  int fd_;
  LoadState& state_;
  spop::FrameDecoder decoder_{16'380};
  spop::ByteBuffer output_;
  std::vector<Slot> slots_;  // a NOTIFY's slot is its stream-id modulo their number
  Clock::time_point now_{};
};

}  // namespace bench
