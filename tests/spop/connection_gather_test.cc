// NOTIFYs of several connections, answered side by side.

#include "tests/spop/connection_fixture.h"

namespace spop_tests {
namespace {

using spop::Connection;

class GatherTest : public ConnectionTest {
 protected:
  void SetUp() override {
    open_running();
    other_.emplace(environment_, 8, clock_.monotonic());
    give(*other_, captured_haproxy_hello);
    Connection::answer_gathered(environment_, clock_.monotonic());
    other_->on_written(other_->output().size(), clock_.monotonic());
  }

  void give(Connection& connection, std::span<const std::byte> bytes) {
    ASSERT_TRUE(connection.wants_read());
    const auto space = connection.prepare();
    ASSERT_GE(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    connection.gather(bytes.size(), clock_.monotonic());
  }
  void answer_gathered() { Connection::answer_gathered(environment_, clock_.monotonic()); }
  static std::string output_of(const Connection& connection) {
    return to_hex(Bytes(connection.output().begin(), connection.output().end()));
  }

  std::optional<Connection> other_;
};

TEST_F(GatherTest, AnswersEachConnectionItsOwnQuestions) {
  give(*connection_, join({notify_of(1), notify_of(2)}));
  give(*other_, notify_of(3));
  EXPECT_EQ(output_of(*connection_) + output_of(*other_), "");
  answer_gathered();
  EXPECT_EQ(handler_.batches, std::vector<std::size_t>{3});
  EXPECT_EQ(output_of(*connection_), to_hex(join({answered_ack(1), answered_ack(2)})));
  EXPECT_EQ(output_of(*other_), to_hex(answered_ack(3)));
}

TEST_F(GatherTest, ReadsNothingOverWhatWaits) {
  give(*connection_, notify_of(1));
  EXPECT_FALSE(connection_->wants_read());
  answer_gathered();
  flush();
  EXPECT_TRUE(connection_->wants_read());
}

TEST_F(GatherTest, AnswersAFullBatchInBetween) {
  constexpr std::uint64_t each = 40;
  constexpr std::uint64_t left = 2 * each - spop::NotifyBatch::max_notifies;
  Bytes questions;
  Bytes answers;
  Bytes first_answers;
  for (std::uint64_t id = 0; id < each; ++id) {
    questions = join({questions, notify_of(id)});
    answers = join({answers, answered_ack(id)});
    if (id < each - left) first_answers = answers;
  }
  give(*connection_, questions);
  EXPECT_TRUE(connection_->output().empty());
  give(*other_, questions);
  EXPECT_EQ(output_of(*connection_), to_hex(answers));
  EXPECT_EQ(output_of(*other_), to_hex(first_answers));
  answer_gathered();
  EXPECT_EQ(output_of(*other_), to_hex(answers));
  EXPECT_EQ(handler_.batches, (std::vector<std::size_t>{spop::NotifyBatch::max_notifies, left}));
}

TEST_F(GatherTest, AnswersBeforeAConnectionsMemoryGoes) {
  give(*connection_, notify_of(1));
  give(*other_, notify_of(2));
  connection_.reset();
  EXPECT_TRUE(environment_.batch.empty());
  EXPECT_EQ(output_of(*other_), to_hex(answered_ack(2)));
}

TEST_F(GatherTest, AnswersBeforeAConnectionEnds) {
  give(*connection_, notify_of(1));
  give(*other_, notify_of(2));
  connection_->on_end();
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_EQ(output_of(*other_), to_hex(answered_ack(2)));
}

TEST_F(GatherTest, AnswersBeforeItSaysGoodbye) {
  connection_->stop(clock_.monotonic(), clock_.monotonic());
  give(*connection_, notify_of(1));
  EXPECT_EQ(output_of(*connection_), to_hex(join({answered_ack(1), agent_disconnect({})})));
}

TEST_F(GatherTest, AnswersBeforeItIsStopped) {
  give(*connection_, notify_of(1));
  connection_->stop(clock_.monotonic() + 100ms, clock_.monotonic());
  EXPECT_EQ(output_of(*connection_), to_hex(answered_ack(1)));
}

TEST_F(GatherTest, AnswersBeforeABrokenFrameEndsTheConnection) {
  give(*connection_, notify_of(1));
  give(*other_, join({notify_of(2), Bytes(8)}));
  EXPECT_EQ(output_of(*connection_), to_hex(answered_ack(1)));
  EXPECT_EQ(output_of(*other_),
            to_hex(join({answered_ack(2), agent_disconnect(Errc::invalid_frame)})));
}

TEST_F(GatherTest, DefersForTheConnectionThatAsked) {
  std::optional<Ticket> ticket;
  handler_.script = [&ticket](const NotifyView& notify, ActionWriter& actions, Deferral& deferral) {
    actions.set_var(Scope::transaction, "answered", true);
    if (notify.stream_id.value() == 2) ticket = deferral.defer();
  };
  give(*connection_, notify_of(1));
  give(*other_, notify_of(2));
  answer_gathered();
  EXPECT_EQ(output_of(*connection_), to_hex(answered_ack(1)));
  ASSERT_TRUE(ticket);
  ticket->complete({});
  ASSERT_EQ(tickets_->completed.size(), 1U);
  EXPECT_EQ(tickets_->completed.front().id.connection, 8U);
}

}  // namespace
}  // namespace spop_tests
