#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "spop/action_reader.h"
#include "spop/connection.h"
#include "spop/disconnect.h"
#include "spop/encode.h"
#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"
#include "tests/fakes/fake_clock.h"
#include "tests/spop/wire.h"

namespace spop_tests {

using spop::ActionWriter;
using spop::ByteBuffer;
using spop::Deferral;
using spop::Errc;
using spop::FrameId;
using spop::FrameType;
using spop::NotifyView;
using spop::Scope;
using spop::StreamId;
using spop::Ticket;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Answers with whatever the test says; until it says something, with txn.answered = true.
class ScriptedHandler : public spop::Handler {
 public:
  using Answer = std::function<void(const NotifyView&, ActionWriter&, Deferral&)>;

  void prefetch(std::span<NotifyView> batch) override { batches.push_back(batch.size()); }
  void answer(const NotifyView& notify, ActionWriter& actions, Deferral& deferral) override {
    script(notify, actions, deferral);
  }

  Answer script = [](const NotifyView&, ActionWriter& actions, Deferral&) {
    actions.set_var(Scope::transaction, "answered", true);
  };
  std::vector<std::size_t> batches;  ///< sizes that prefetch() saw
};

/// Keeps what tickets were completed with.
class TicketList : public spop::TicketSink {
 public:
  void complete(spop::TicketId id, std::span<const std::byte> actions) override {
    completed.push_back({id, {actions.begin(), actions.end()}});
  }
  struct Completion {
    spop::TicketId id;
    Bytes actions;
  };
  std::vector<Completion> completed;
};

inline Bytes copy_of(const ByteBuffer& buffer) {
  return {buffer.bytes().begin(), buffer.bytes().end()};
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes frame_of(FrameType type,
                      StreamId stream_id,
                      FrameId frame_id,
                      std::span<const std::byte> payload,
                      std::uint32_t flags = spop::flag_fin) {
  ByteBuffer output;
  spop::FrameWriter frame(output, type, stream_id, frame_id, flags);
  output.append(payload);
  frame.finish();
  return copy_of(output);
}

/// A NOTIFY of one message `lookup` with one argument.
inline Bytes notify_of(std::uint64_t stream_id, std::uint64_t frame_id = 1) {
  ByteBuffer payload;
  const spop::ArgumentView argument[] = {{"host", spop::TypedData::string("example.org")}};
  spop::encode_message({"lookup", argument}, payload);
  return frame_of(FrameType::notify, StreamId(stream_id), FrameId(frame_id), payload.bytes());
}

inline Bytes ack_of(std::uint64_t stream_id,
                    std::uint64_t frame_id,
                    const std::function<void(ActionWriter&)>& write) {
  ByteBuffer payload;
  ActionWriter actions(payload);
  write(actions);
  return frame_of(FrameType::ack, StreamId(stream_id), FrameId(frame_id), payload.bytes());
}

/// What ScriptedHandler answers unless told otherwise.
inline Bytes answered_ack(std::uint64_t stream_id, std::uint64_t frame_id = 1) {
  return ack_of(stream_id, frame_id, [](ActionWriter& actions) {
    actions.set_var(Scope::transaction, "answered", true);
  });
}

inline Bytes harmless_ack(std::uint64_t stream_id, std::uint64_t frame_id = 1) {
  return ack_of(stream_id, frame_id, [](ActionWriter& actions) {
    actions.unset_var(Scope::transaction, "noop");
  });
}

inline Bytes agent_disconnect(std::error_code reason) {
  ByteBuffer output;
  spop::encode_disconnect(FrameType::agent_disconnect, reason, output);
  return copy_of(output);
}

inline Bytes haproxy_disconnect(std::error_code reason) {
  ByteBuffer output;
  spop::encode_disconnect(FrameType::haproxy_disconnect, reason, output);
  return copy_of(output);
}

/// One connection and a shell of memory: what it sends collects in `sent`.
class ConnectionTest : public testing::Test {
 protected:
  void open() { connection_.emplace(environment_, 7, clock_.monotonic()); }
  /// Opened, and HELLOs exchanged.
  void open_running() {
    open();
    receive(captured_haproxy_hello);
    flush();
    ASSERT_EQ(take_sent(), to_hex(captured_agent_hello));
  }

  /// What arrives, in reads of at most `piece` bytes; the shell writes nothing meanwhile.
  void receive(std::span<const std::byte> bytes, std::size_t piece = SIZE_MAX) {
    while (!bytes.empty() && connection_->wants_read()) {
      const auto space = connection_->prepare();
      ASSERT_FALSE(space.empty());
      const std::size_t n = std::min({piece, space.size(), bytes.size()});
      std::memcpy(space.data(), bytes.data(), n);
      connection_->on_received(n, clock_.monotonic());
      bytes = bytes.subspan(n);
    }
  }
  /// Writes everything, at most `piece` bytes at a time.
  void flush(std::size_t piece = SIZE_MAX) {
    while (!connection_->output().empty()) {
      const auto output = connection_->output();
      const auto written = output.first(std::min(piece, output.size()));
      sent_.insert(sent_.end(), written.begin(), written.end());
      connection_->on_written(written.size(), clock_.monotonic());
    }
  }
  std::string take_sent() { return to_hex(std::exchange(sent_, {})); }
  /// Time passes until the connection's own deadline, which has to be `after` from now.
  void pass(std::chrono::milliseconds after) {
    ASSERT_EQ(connection_->deadline() - clock_.monotonic(), after);
    clock_.advance(after);
    connection_->on_deadline(clock_.monotonic());
  }
  /// Said its last word: half-closes, reads on, and closes with the peer.
  void expect_drains_and_closes() {
    EXPECT_TRUE(connection_->wants_half_close());
    EXPECT_FALSE(connection_->wants_read());
    connection_->on_half_closed(clock_.monotonic());
    EXPECT_FALSE(connection_->wants_half_close());
    ASSERT_TRUE(connection_->wants_read());
    receive(notify_of(99));
    EXPECT_TRUE(connection_->output().empty());
    EXPECT_FALSE(connection_->is_closed());
    connection_->on_end();
    EXPECT_TRUE(connection_->is_closed());
  }

  spop::CounterValues counters() const {
    spop::CounterValues values;
    values += counters_;
    return values;
  }

  fakes::FakeClock clock_;
  spop::ConnectionOptions options_;
  ScriptedHandler handler_;
  spop::Counters counters_;
  std::shared_ptr<TicketList> tickets_ = std::make_shared<TicketList>();
  spop::ConnectionEnvironment environment_{options_, handler_, counters_, tickets_, {}, 0};
  std::optional<spop::Connection> connection_;
  Bytes sent_;
};

}  // namespace spop_tests
