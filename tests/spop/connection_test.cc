// The states of a connection that goes as it should.

#include "spop/connection.h"

#include "tests/spop/connection_fixture.h"

namespace spop_tests {
namespace {

TEST_F(ConnectionTest, AnswersTheCapturedSessionByteForByte) {
  handler_.script = [](const NotifyView& notify, ActionWriter& actions, Deferral&) {
    EXPECT_EQ(notify.messages[0].argument("host").as_string(), "example.org");
    actions.set_var(Scope::transaction, "found", true);
    actions.set_var(Scope::transaction, "keyauth", "tok.thumb");
  };
  open_running();
  receive(captured_notify);
  flush();
  EXPECT_EQ(take_sent(), to_hex(captured_ack));
}

TEST_F(ConnectionTest, AnswersAHealthCheckAndHalfCloses) {
  open();
  receive(captured_healthcheck_hello);
  EXPECT_EQ(to_hex(connection_->output()), to_hex(captured_agent_hello));
  EXPECT_FALSE(connection_->wants_half_close());  // not before the answer is out
  flush();
  expect_drains_and_closes();
  EXPECT_EQ(counters().healthchecks, 1U);
}

TEST_F(ConnectionTest, TreatsAFalseHealthcheckAsANormalConnection) {
  ByteBuffer payload;
  spop::encode_pair("supported-versions", spop::TypedData::string("2.0"), payload);
  spop::encode_pair("max-frame-size", spop::TypedData::uint32(16380), payload);
  spop::encode_pair("healthcheck", spop::TypedData::boolean(false), payload);
  open();
  receive(frame_of(FrameType::haproxy_hello, StreamId(0), FrameId(0), payload.bytes()));
  flush();
  EXPECT_TRUE(connection_->wants_read());
  EXPECT_FALSE(connection_->wants_half_close());
}

TEST_F(ConnectionTest, AnswersEveryNotifyOfOneReadInOneOutput) {
  open_running();
  receive(join({notify_of(0), notify_of(2), notify_of(2, 2)}));
  EXPECT_EQ(to_hex(connection_->output()),
            to_hex(join({answered_ack(0), answered_ack(2), answered_ack(2, 2)})));
  EXPECT_EQ(handler_.batches, std::vector<std::size_t>{3});
}

TEST_F(ConnectionTest, RepeatsIdsOfAnySize) {
  open_running();
  const auto max = std::numeric_limits<std::uint64_t>::max();
  receive(notify_of(max, max));
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(max, max)));
}

TEST_F(ConnectionTest, AnswersANotifyThatRepeatsIds) {
  open_running();
  receive(join({notify_of(4), notify_of(4)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(4), answered_ack(4)})));
}

TEST_F(ConnectionTest, AnswersHarmlesslyWhatTheHandlerDoesNot) {
  handler_.script = [](const NotifyView&, ActionWriter&, Deferral&) {};
  open_running();
  receive(notify_of(5));
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(5)));
  EXPECT_EQ(counters().notifies_unanswered, 1U);
}

TEST_F(ConnectionTest, AnswersHarmlesslyAnEmptyNotify) {
  handler_.script = [](const NotifyView& notify, ActionWriter&, Deferral&) {
    EXPECT_TRUE(notify.messages.empty());
  };
  open_running();
  receive(frame_of(FrameType::notify, StreamId(1), FrameId(1), {}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(1)));
}

TEST_F(ConnectionTest, NeverSendsAnAckAboveTheNegotiatedSize) {
  handler_.script = [](const NotifyView&, ActionWriter& actions, Deferral&) {
    actions.set_var(Scope::transaction, "first", true);
    actions.set_var(Scope::transaction, "rest", std::string(16380, 'x'));
  };
  open_running();
  receive(notify_of(5));
  flush();
  EXPECT_EQ(take_sent(), to_hex(harmless_ack(5)));
  EXPECT_EQ(counters().acks_too_big, 1U);
}

TEST_F(ConnectionTest, TellsAnAnswerThatIsTooBigFromNone) {
  handler_.script = [](const NotifyView&, ActionWriter& actions, Deferral&) {
    actions.set_var(Scope::transaction, "all", std::string(16380, 'x'));
  };
  open_running();
  receive(notify_of(5));
  EXPECT_EQ(counters().acks_too_big, 1U);
  EXPECT_EQ(counters().notifies_unanswered, 0U);
}

TEST_F(ConnectionTest, SendsAnAckOfExactlyTheNegotiatedSize) {
  // 7 header + 3 action + 2 name + 4 type and length + the rest
  const std::string value(16380 - 7 - 3 - 2 - 4, 'x');
  handler_.script = [&](const NotifyView&, ActionWriter& actions, Deferral&) {
    actions.set_var(Scope::transaction, "v", value);
  };
  open_running();
  receive(notify_of(5));
  EXPECT_EQ(connection_->output().size(), spop::length_prefix_size + 16380);
  EXPECT_EQ(counters().acks_too_big, 0U);
}

TEST_F(ConnectionTest, AgreesToNoLargerFramesThanItsOptionsSay) {
  options_.max_frame_size = 300;
  open();
  receive(captured_haproxy_hello);
  const auto frame = spop::parse_frame(connection_->output().subspan(spop::length_prefix_size));
  EXPECT_EQ(spop::parse_agent_hello(*frame)->max_frame_size, 300U);
}

TEST_F(ConnectionTest, SplitsMoreNotifiesThanABatchHolds) {
  open_running();
  Bytes input;
  Bytes expected;
  for (std::uint64_t id = 0; id < 150; ++id) {
    input = join({input, notify_of(id)});
    expected = join({expected, answered_ack(id)});
  }
  for (std::size_t at = 0; at < input.size();) {
    const auto rest = std::span(input).subspan(at, std::min<std::size_t>(input.size() - at, 1000));
    receive(rest);
    flush();
    at += rest.size();
  }
  EXPECT_EQ(take_sent(), to_hex(expected));
  EXPECT_EQ(*std::ranges::max_element(handler_.batches) <= spop::NotifyBatch::max_notifies, true);
}

TEST_F(ConnectionTest, AnswersAHaproxyDisconnect) {
  open_running();
  receive(captured_haproxy_disconnect);
  flush();
  EXPECT_EQ(take_sent(), to_hex(agent_disconnect({})));
  expect_drains_and_closes();
  EXPECT_EQ(counters().disconnects_received[2], 1U);
  EXPECT_EQ(counters().disconnects_sent[0], 1U);
}

TEST_F(ConnectionTest, IgnoresFramesBehindADisconnect) {
  open_running();
  receive(join({notify_of(1), captured_haproxy_disconnect, notify_of(3)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), agent_disconnect({})})));
}

TEST_F(ConnectionTest, ClosesSilentlyWithItsPeer) {
  open();
  connection_->on_end();
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_TRUE(connection_->output().empty());

  open_running();
  connection_->on_end();
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_TRUE(connection_->output().empty());
}

// ---- back-pressure

TEST_F(ConnectionTest, DoesNotReadWhileOutputWaits) {
  open_running();
  receive(notify_of(1));
  EXPECT_FALSE(connection_->wants_read());
  flush();
  EXPECT_TRUE(connection_->wants_read());
}

TEST_F(ConnectionTest, DecodesNoFurtherWhileTooMuchOutputWaits) {
  options_.max_output = 1;
  open_running();
  Bytes input;
  Bytes expected;
  for (std::uint64_t id = 0; id < 10; ++id) {
    const Bytes cut_string = from_hex("05 61");  // a payload that is answered at once
    input = join({input, frame_of(FrameType::notify, StreamId(id), FrameId(1), cut_string)});
    expected = join({expected, harmless_ack(id)});
  }
  receive(input);
  EXPECT_EQ(to_hex(connection_->output()), to_hex(harmless_ack(0)));
  flush();  // goes on with the next each time the output is out
  EXPECT_EQ(take_sent(), to_hex(expected));
  EXPECT_TRUE(connection_->wants_read());
}

TEST_F(ConnectionTest, TakesUpWhatIsWrittenInPieces) {
  open_running();
  receive(join({notify_of(1), notify_of(3)}));
  flush(1);
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), answered_ack(3)})));
}

TEST_F(ConnectionTest, ClosesWhenThePeerTakesNothing) {
  open_running();
  receive(notify_of(1));
  clock_.advance(4s);
  connection_->on_written(1, clock_.monotonic());
  pass(10s);  // since the last byte was taken
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, ClosesWhenThePeerDoesNotTakeTheGoodbye) {
  open_running();
  receive(captured_haproxy_disconnect);
  pass(10s);
  EXPECT_TRUE(connection_->is_closed());
}

// ---- time

TEST_F(ConnectionTest, ClosesSilentlyWithoutAHello) {
  open();
  receive(std::span(captured_haproxy_hello).first(20));
  pass(10s);
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_TRUE(connection_->output().empty());
}

TEST_F(ConnectionTest, IsNotKeptAliveByAHelloThatTrickles) {
  open();
  for (std::size_t i = 0; i < 9; ++i) {
    receive(std::span(captured_haproxy_hello).subspan(i, 1));
    clock_.advance(1s);
  }
  pass(1s);
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, ClosesWhenIdleForLong) {
  open_running();
  clock_.advance(60s);
  receive(notify_of(1));
  flush();
  pass(600s);
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, ClosesWhenThePeerDoesNotAfterTheGoodbye) {
  open_running();
  receive(captured_haproxy_disconnect);
  flush();
  connection_->on_half_closed(clock_.monotonic());
  pass(2s);
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, DoesNothingBeforeItsDeadline) {
  open_running();
  clock_.advance(599s);
  connection_->on_deadline(clock_.monotonic());
  EXPECT_FALSE(connection_->is_closed());
}

// ---- stop

TEST_F(ConnectionTest, SaysGoodbyeWhenStoppedAndQuiet) {
  open_running();
  clock_.advance(60s);
  connection_->stop(clock_.monotonic() + 5s, clock_.monotonic());
  EXPECT_TRUE(connection_->output().empty());
  clock_.advance(1ms);
  receive(notify_of(1));  // was on its way: is answered, and the quiet begins anew
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(1)));
  pass(2ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(agent_disconnect({})));
  expect_drains_and_closes();
}

TEST_F(ConnectionTest, SaysGoodbyeBehindTheFirstAnswerAfterTheDeadline) {
  open_running();
  connection_->stop(clock_.monotonic() + 5ms, clock_.monotonic());
  for (std::uint64_t id = 0; id < 5; ++id) {
    receive(notify_of(id));
    flush();
    EXPECT_EQ(take_sent(), to_hex(answered_ack(id)));
    clock_.advance(1ms);
    connection_->on_deadline(clock_.monotonic());
  }
  EXPECT_TRUE(connection_->output().empty());
  receive(notify_of(5));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(5), agent_disconnect({})})));
}

TEST_F(ConnectionTest, SaysGoodbyeAtTheDeadlineToAPeerThatTakesNothing) {
  open_running();
  connection_->stop(clock_.monotonic() + 50ms, clock_.monotonic());
  receive(notify_of(1));
  pass(50ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), agent_disconnect({})})));
}

TEST_F(ConnectionTest, WaitsForDeferredAnswersBeforeItSaysGoodbye) {
  handler_.script = [](const NotifyView&, ActionWriter&, Deferral& deferral) {
    EXPECT_TRUE(deferral.defer());
  };
  open_running();
  receive(notify_of(1));
  connection_->stop(clock_.monotonic() + 5s, clock_.monotonic());
  pass(100ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({harmless_ack(1), agent_disconnect({})})));
}

TEST_F(ConnectionTest, SendsTheMissesIfTheDeadlineComesFirst) {
  handler_.script = [](const NotifyView&, ActionWriter&, Deferral& deferral) { deferral.defer(); };
  open_running();
  receive(notify_of(1));
  connection_->stop(clock_.monotonic() + 30ms, clock_.monotonic());
  pass(30ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({harmless_ack(1), agent_disconnect({})})));
}

TEST_F(ConnectionTest, ClosesWhenStoppedBeforeTheHello) {
  open();
  connection_->stop(clock_.monotonic() + 5s, clock_.monotonic());
  EXPECT_TRUE(connection_->is_closed());
}

// ---- counters

TEST_F(ConnectionTest, CountsWhatPasses) {
  open_running();
  receive(join({notify_of(1), notify_of(3)}));
  flush();
  EXPECT_EQ(counters().connections_open(), 1U);
  EXPECT_EQ(counters().frames, 3U);
  EXPECT_EQ(counters().notifies, 2U);
  EXPECT_EQ(counters().acks, 2U);
  EXPECT_EQ(counters().bytes_received,
            captured_haproxy_hello.size() + notify_of(1).size() + notify_of(3).size());
  EXPECT_EQ(counters().bytes_sent,
            captured_agent_hello.size() + answered_ack(1).size() + answered_ack(3).size());
  connection_.reset();
  EXPECT_EQ(counters().connections_open(), 0U);
}

}  // namespace
}  // namespace spop_tests
