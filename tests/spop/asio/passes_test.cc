#include "spop/asio/passes.h"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/spop/asio/client.h"

namespace spop_tests {
namespace {

class BatchSizes final : public spop::Handler {
 public:
  void prefetch(std::span<spop::NotifyView> batch) override { seen.push_back(batch.size()); }
  void answer(const spop::NotifyView&, spop::ActionWriter& actions, spop::Deferral&) override {
    actions.set_var(spop::Scope::transaction, "found", true);
  }
  std::vector<std::size_t> seen;
};

class NoTickets final : public spop::TicketSink {
 public:
  void complete(spop::TicketId, std::span<const std::byte>) override {}
};

/// Sessions on socket pairs, with a reactor that the test turns by hand.
class PassesTest : public testing::Test, public spop::Session::Owner {
 protected:
  /// A session that has said hello, and its peer.
  int open() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    spop::Session::Socket socket(io_);
    socket.assign(base::StreamProtocol(AF_UNIX, 0), pair[0]);
    sessions_.push_back(
        std::make_shared<spop::Session>(std::move(socket), environment_, *this, sessions_.size()));
    sessions_.back()->start();
    send(pair[1], hello_frame());
    turn();
    EXPECT_GT(received(pair[1]), 0);
    peers_.push_back(pair[1]);
    return pair[1];
  }
  void TearDown() override {
    for (const int each : peers_) ::close(each);
    turn();
  }

  void send(int peer, const std::vector<std::byte>& bytes) {
    ASSERT_EQ(::send(peer, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  void ask(int peer) { send(peer, notify_frame(1, "example.org", "/")); }
  /// Bytes that are there to be received.
  ssize_t received(int peer) {
    std::array<std::byte, 4096> space;
    return ::recv(peer, space.data(), space.size(), MSG_DONTWAIT);
  }
  /// Until nothing is left to do; how many handlers ran.
  std::size_t turn() {
    io_.restart();
    return io_.poll();
  }

  void on_session_read(std::shared_ptr<spop::Session> session, base::MonotonicTime now) override {
    passes_.on_read(std::move(session), now);
  }
  void on_session_closed(std::uint64_t, std::error_code) override { ++closed_; }

  BatchSizes handler_;
  std::size_t closed_ = 0;
  base::asio::io_context io_{1};
  spop::ConnectionOptions options_;
  spop::Counters counters_;
  spop::ConnectionEnvironment environment_{
      options_, handler_, counters_, std::make_shared<NoTickets>(), {}, 0};
  spop::Passes passes_{io_, environment_};
  std::vector<std::shared_ptr<spop::Session>> sessions_;
  std::vector<int> peers_;
};

TEST_F(PassesTest, AnswersTogetherWhatSeveralSessionsRead) {
  const int first = open();
  const int second = open();
  const int third = open();
  for (int round = 0; round < 20; ++round) {
    handler_.seen.clear();
    ask(first);
    ask(second);
    ask(third);
    turn();
    EXPECT_EQ(handler_.seen, std::vector<std::size_t>{3});
    for (const int peer : {first, second, third}) EXPECT_GT(received(peer), 0);
  }
}

TEST_F(PassesTest, StopsWaitingForASessionThatIsAlone) {
  const int peer = open();
  std::size_t most = 0;
  std::size_t waited = 0;
  constexpr int rounds = 640;
  for (int round = 0; round < 20 + rounds; ++round) {
    ask(peer);
    const std::size_t handlers = turn();
    EXPECT_GT(received(peer), 0);
    if (round < 20) {
      most = std::max(most, handlers);
    } else if (handlers > 1) {
      ++waited;
    }
  }
  EXPECT_GT(most, 1U);    // at first it does
  EXPECT_GT(waited, 0U);  // and now and then looks again
  EXPECT_LT(waited, rounds / 32U);
}

TEST_F(PassesTest, NoticesThatASessionIsNoLongerAlone) {
  const int first = open();
  const int second = open();
  for (int round = 0; round < 100; ++round) {
    ask(first);
    turn();
  }
  for (int round = 0; round < 100; ++round) {
    ask(first);
    ask(second);
    turn();
  }
  EXPECT_EQ(handler_.seen.back(), 2U);
  EXPECT_EQ(counters_.acks.value(), 300U);
}

TEST_F(PassesTest, TakesAFullBatchWithoutWaiting) {
  const int first = open();
  const int second = open();
  std::vector<std::byte> many;
  for (std::uint64_t id = 0; id < spop::NotifyBatch::max_notifies; ++id) {
    const auto frame = notify_frame(id, "example.org", "/");
    many.insert(many.end(), frame.begin(), frame.end());
  }
  for (int round = 0; round < 10; ++round) {
    send(first, many);
    send(second, many);
    io_.restart();
    while (io_.poll_one() > 0) EXPECT_FALSE(environment_.batch.is_full());
  }
  EXPECT_EQ(counters_.acks.value(), 2 * 10 * spop::NotifyBatch::max_notifies);
}

TEST_F(PassesTest, AnswersTheOthersWhenOneIsClosed) {
  const int first = open();
  const int second = open();
  ask(first);
  ask(second);
  io_.restart();
  while (environment_.batch.empty()) ASSERT_EQ(io_.poll_one(), 1U);
  sessions_.front()->close();
  turn();
  EXPECT_EQ(closed_, 1U);
  EXPECT_GT(received(second), 0);
}

TEST_F(PassesTest, NoticesAPeerThatGoesWhileItsSessionRests) {
  const int first = open();
  const int second = open();
  ask(first);
  ask(second);
  ::close(first);
  peers_.erase(peers_.begin());
  turn();
  EXPECT_EQ(closed_, 1U);
  EXPECT_GT(received(second), 0);
}

}  // namespace
}  // namespace spop_tests
