// The connection machine under arbitrary bytes in arbitrary pieces, answered at once or gathered,
// with time passing, writes that take little, tickets completed in any order, and a stop at any
// moment.

#include <cstring>
#include <optional>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "spop/action_reader.h"
#include "spop/connection.h"
#include "spop/disconnect.h"
#include "spop/frame_decoder.h"
#include "tests/fuzz/check.h"

namespace {

using std::chrono_literals::operator""ms;

class Sink final : public spop::TicketSink {
 public:
  void complete(spop::TicketId id, std::span<const std::byte>) override {
    FUZZ_CHECK(id.connection == 1);
    serials.push_back(id.serial);
  }
  std::vector<std::uint64_t> serials;
};

/// Writes an answer of the size the input asks for; defers every other one.
class Handler final : public spop::Handler {
 public:
  void prefetch(std::span<spop::NotifyView> batch) override {
    FUZZ_CHECK(!batch.empty() && batch.size() <= spop::NotifyBatch::max_notifies);
    for (spop::NotifyView& notify : batch) notify.hint = notify.messages.size();
  }
  void answer(const spop::NotifyView& notify,
              spop::ActionWriter& actions,
              spop::Deferral& deferral) override {
    FUZZ_CHECK(notify.hint == notify.messages.size());
    for (const spop::MessageView& message : notify.messages) {
      actions.set_var(spop::Scope::transaction, message.name, message.argument("v"));
    }
    if (notify.stream_id.value() % 2 == 0) return;
    if (const auto ticket = deferral.defer()) tickets.push_back(*ticket);
  }
  std::vector<spop::Ticket> tickets;
};

/// Reads what the agent sends as HAProxy would, and judges it.
class Peer {
 public:
  void take(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto space = decoder_.prepare();
      const std::size_t n = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), n);
      decoder_.commit(n);
      bytes = bytes.subspan(n);
      for (auto frame = decoder_.next(); *frame; frame = decoder_.next()) judge(**frame);
    }
  }
  std::uint64_t acks() const { return acks_; }

 private:
  void judge(spop::FrameBytes bytes) {
    const auto frame = spop::parse_frame(bytes);
    FUZZ_CHECK(frame && frame->has_fin());
    FUZZ_CHECK(!disconnected_);
    if (frame->type == spop::FrameType::ack) {
      ++acks_;
      spop::ActionReader actions(frame->payload);
      FUZZ_CHECK(actions.next().has_value());
      while (actions.next()) continue;
      FUZZ_CHECK(!actions.failed());
    } else if (frame->type == spop::FrameType::agent_disconnect) {
      FUZZ_CHECK(spop::parse_disconnect(*frame).has_value());
      disconnected_ = true;
    } else {
      FUZZ_CHECK(frame->type == spop::FrameType::agent_hello);
    }
  }

  spop::FrameDecoder decoder_{65'536};  // errors abort in *frame
  std::uint64_t acks_ = 0;
  bool disconnected_ = false;
};

class Shell {
 public:
  explicit Shell(FuzzedDataProvider& input) : input_(input) {}

  void run() {
    connection_.emplace(environment_, 1, now_);
    while (!connection_->is_closed() && input_.remaining_bytes() > 0) step();
    connection_.reset();
    FUZZ_CHECK(environment_.deferred == 0);
    FUZZ_CHECK(environment_.batch.empty());
    FUZZ_CHECK(peer_.acks() <= counters_.notifies.value());
  }

 private:
  void step() {
    switch (input_.ConsumeIntegralInRange<int>(0, 15)) {
      case 0: return pass(1ms);
      case 1: return pass(30ms);
      case 2: return pass(11'000ms);
      case 3: return complete();
      case 4: return connection_->stop(now_ + 50ms, now_);
      case 5: return connection_->on_end();
      case 6: return write(1);
      case 7: return write(7);
      case 8:
      case 9: return write(SIZE_MAX);
      case 10: return spop::Connection::answer_gathered(environment_, now_);
      case 11: gathers_ = !gathers_; return;
      default: return receive();
    }
  }

  void receive() {
    half_close();
    if (!connection_->wants_read()) return write(SIZE_MAX);
    const auto space = connection_->prepare();
    FUZZ_CHECK(!space.empty());
    const std::size_t wanted = input_.ConsumeIntegral<std::uint8_t>();
    const auto bytes = input_.ConsumeBytes<std::byte>(std::min(space.size(), wanted));
    if (bytes.empty()) return;
    std::memcpy(space.data(), bytes.data(), bytes.size());
    if (gathers_) return connection_->gather(bytes.size(), now_);
    connection_->on_received(bytes.size(), now_);
    FUZZ_CHECK(environment_.batch.empty());
  }

  void write(std::size_t most) {
    const auto output = connection_->output();
    const auto written = output.first(std::min(most, output.size()));
    if (!written.empty()) {
      peer_.take(written);
      connection_->on_written(written.size(), now_);
    }
    half_close();
  }

  void half_close() {
    if (connection_->wants_half_close()) connection_->on_half_closed(now_);
  }

  void complete() {
    if (!handler_.tickets.empty()) {
      const std::size_t i =
          input_.ConsumeIntegralInRange<std::size_t>(0, handler_.tickets.size() - 1);
      handler_.tickets[i].complete({});
    }
    for (const std::uint64_t serial : std::exchange(sink_->serials, {})) {
      connection_->complete(serial, {}, now_);
    }
  }

  void pass(std::chrono::milliseconds time) {
    now_ += time;
    connection_->on_deadline(now_);
  }

  FuzzedDataProvider& input_;
  bool gathers_ = false;
  base::MonotonicTime now_{};
  spop::ConnectionOptions options_;
  Handler handler_;
  spop::Counters counters_;
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  spop::ConnectionEnvironment environment_{options_, handler_, counters_, sink_, {}, 0};
  std::optional<spop::Connection> connection_;
  Peer peer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  Shell(input).run();
  return 0;
}
