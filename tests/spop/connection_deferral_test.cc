// Answers that come later.

#include "spop/connection.h"
#include "tests/spop/connection_fixture.h"

namespace spop_tests {
namespace {

class DeferralTest : public ConnectionTest {
 protected:
  /// Defers everything; the miss is txn.miss = true.
  void SetUp() override {
    handler_.script = [this](const NotifyView&, ActionWriter& actions, Deferral& deferral) {
      actions.set_var(Scope::transaction, "miss", true);
      if (const auto ticket = deferral.defer()) waiting_.push_back(*ticket);
    };
  }
  static Bytes miss_ack(std::uint64_t stream_id) {
    return ack_of(stream_id, 1, [](ActionWriter& actions) {
      actions.set_var(Scope::transaction, "miss", true);
    });
  }
  static Bytes answered_actions() {
    ByteBuffer actions;
    ActionWriter(actions).set_var(Scope::transaction, "answered", true);
    return copy_of(actions);
  }
  /// As a worker does with its inbox.
  void deliver() {
    for (const auto& [id, actions] : std::exchange(tickets_->completed, {})) {
      EXPECT_EQ(id.connection, 7U);
      connection_->complete(id.serial, actions, clock_.monotonic());
    }
  }

  std::vector<Ticket> waiting_;
};

TEST_F(DeferralTest, SendsNothingUntilTheTicketIsCompleted) {
  open_running();
  receive(notify_of(1));
  EXPECT_TRUE(connection_->output().empty());
  EXPECT_TRUE(connection_->wants_read());
  waiting_.at(0).complete(answered_actions());
  deliver();
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(1)));
}

TEST_F(DeferralTest, AnswersInAnyOrder) {
  open_running();
  receive(join({notify_of(1), notify_of(3), notify_of(5)}));
  waiting_.at(2).complete(answered_actions());
  waiting_.at(0).complete(answered_actions());
  deliver();
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(5), answered_ack(1)})));
}

TEST_F(DeferralTest, SendsTheMissAtTheDeadline) {
  open_running();
  receive(notify_of(1));
  clock_.advance(60ms);
  receive(notify_of(3));
  pass(40ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(miss_ack(1)));
  pass(60ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(miss_ack(3)));
  EXPECT_EQ(counters().deferrals_missed, 2U);
}

TEST_F(DeferralTest, AnswersOnceHoweverOftenItIsCompleted) {
  open_running();
  receive(notify_of(1));
  waiting_.at(0).complete(answered_actions());
  waiting_.at(0).complete(answered_actions());
  deliver();
  waiting_.at(0).complete(answered_actions());
  deliver();
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(1)));
}

TEST_F(DeferralTest, IgnoresACompletionAfterTheMiss) {
  open_running();
  receive(notify_of(1));
  pass(100ms);
  flush();
  take_sent();
  waiting_.at(0).complete(answered_actions());
  deliver();
  EXPECT_TRUE(connection_->output().empty());
}

TEST_F(DeferralTest, SendsSomethingHarmlessForACompletionWithoutActions) {
  open_running();
  receive(notify_of(1));
  waiting_.at(0).complete({});
  deliver();
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(1)));
}

TEST_F(DeferralTest, SendsSomethingHarmlessForACompletionThatIsTooBig) {
  open_running();
  receive(notify_of(1));
  ByteBuffer actions;
  ActionWriter(actions).set_var(Scope::transaction, "big", std::string(16380, 'x'));
  waiting_.at(0).complete(actions.bytes());
  deliver();
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(1)));
}

TEST_F(DeferralTest, SendsSomethingHarmlessForAMissThatIsTooBig) {
  handler_.script = [](const NotifyView&, ActionWriter& actions, Deferral& deferral) {
    actions.set_var(Scope::transaction, "small", true);
    actions.set_var(Scope::transaction, "big", std::string(16380, 'x'));
    deferral.defer();
  };
  open_running();
  receive(notify_of(1));
  pass(100ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(1)));
}

TEST_F(DeferralTest, AnswersAtOnceWhenTooManyWaitOnTheConnection) {
  options_.max_deferred = 2;
  open_running();
  receive(join({notify_of(1), notify_of(3), notify_of(5)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(miss_ack(5)));
  EXPECT_EQ(counters().deferrals, 2U);
  EXPECT_EQ(counters().deferrals_refused, 1U);
}

TEST_F(DeferralTest, AnswersAtOnceWhenTooManyWaitOnTheWorker) {
  options_.max_deferred_per_worker = 1;
  open_running();
  receive(join({notify_of(1), notify_of(3)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(miss_ack(3)));
  waiting_.at(0).complete(answered_actions());
  deliver();
  flush();
  take_sent();
  receive(notify_of(5));  // there is room again
  EXPECT_TRUE(connection_->output().empty());
}

TEST_F(DeferralTest, LeavesNothingBehindWhenTheConnectionCloses) {
  open_running();
  receive(join({notify_of(1), notify_of(3)}));
  EXPECT_EQ(environment_.deferred, 2U);
  connection_->on_end();
  EXPECT_EQ(environment_.deferred, 0U);
  waiting_.at(0).complete(answered_actions());
  deliver();
  EXPECT_TRUE(connection_->output().empty());
  connection_.reset();
  EXPECT_EQ(environment_.deferred, 0U);
}

TEST_F(DeferralTest, IsGivenUpWhenHaproxyDisconnects) {
  open_running();
  receive(join({notify_of(1), captured_haproxy_disconnect}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(agent_disconnect({})));
  EXPECT_EQ(environment_.deferred, 0U);
}

TEST_F(DeferralTest, KeepsAnIdleConnectionOpen) {
  options_.idle_timeout = 50ms;
  open_running();
  receive(notify_of(1));
  pass(100ms);  // the miss comes first, then the idle timeout
  flush();
  EXPECT_FALSE(connection_->is_closed());
}

TEST_F(DeferralTest, MixesWithAnswersThatAreThere) {
  handler_.script = [this](const NotifyView& notify, ActionWriter& actions, Deferral& deferral) {
    actions.set_var(Scope::transaction, "answered", true);
    if (notify.stream_id == StreamId(3)) waiting_.push_back(*deferral.defer());
  };
  open_running();
  receive(join({notify_of(1), notify_of(3), notify_of(5)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), answered_ack(5)})));
}

}  // namespace
}  // namespace spop_tests
