// Every row of what a peer can do wrong, before and after the HELLO.

#include "spop/connection.h"
#include "tests/spop/connection_fixture.h"

namespace spop_tests {
namespace {

Bytes hello_with(const std::vector<std::pair<std::string_view, spop::TypedData>>& pairs,
                 std::uint32_t flags = spop::flag_fin,
                 std::uint64_t id = 0) {
  ByteBuffer payload;
  for (const auto& [key, value] : pairs) spop::encode_pair(key, value, payload);
  return frame_of(FrameType::haproxy_hello, StreamId(id), FrameId(id), payload.bytes(), flags);
}

const std::pair<std::string_view, spop::TypedData> version = {"supported-versions",
                                                              spop::TypedData::string("2.0")};
const std::pair<std::string_view, spop::TypedData> size = {"max-frame-size",
                                                           spop::TypedData::uint32(16380)};

struct Row {
  const char* name;
  Bytes input;
  Errc reason;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

const Row bad_hellos[] = {
    {"TooShortForAHeader", from_hex("00 00 00 06 01 00 00 00 01 00"), Errc::invalid_frame},
    {"LengthZero", from_hex("00 00 00 00"), Errc::invalid_frame},
    {"LongerThanWeTake", from_hex("00 01 00 01"), Errc::frame_too_big},
    {"LongerThanThereIs", from_hex("ff ff ff ff"), Errc::frame_too_big},
    {"IdsThatDoNotDecode", from_hex("00 00 00 07 01 00 00 00 01 f0 80"), Errc::invalid_frame},
    {"PayloadThatDoesNotDecode",
     from_hex("00 00 00 09 01 00 00 00 01 00 00 05 61"),
     Errc::invalid_frame},
    {"FirstFrameIsANotify", notify_of(1), Errc::invalid_frame},
    {"FirstFrameIsADisconnect", captured_haproxy_disconnect, Errc::invalid_frame},
    {"FirstFrameIsUnknown",
     frame_of(static_cast<FrameType>(50), StreamId(0), FrameId(0), {}),
     Errc::invalid_frame},
    {"NonZeroIds", hello_with({version, size}, spop::flag_fin, 1), Errc::invalid_frame},
    {"NoFin", hello_with({version, size}, 0), Errc::fragmentation_not_supported},
    {"NoVersion", hello_with({size}), Errc::no_version},
    {"NoFrameSize", hello_with({version}), Errc::no_max_frame_size},
    {"OtherVersion",
     hello_with({{"supported-versions", spop::TypedData::string("1.0,3.0")}, size}),
     Errc::bad_version},
    {"FrameSizeTooSmall",
     hello_with({version, {"max-frame-size", spop::TypedData::uint32(255)}}),
     Errc::bad_max_frame_size},
    {"ValueOfTheWrongType",
     hello_with({version, {"max-frame-size", spop::TypedData::string("16380")}}),
     Errc::invalid_frame},
};

std::string name_of(const testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

class BadHello : public ConnectionTest, public testing::WithParamInterface<Row> {};

TEST_P(BadHello, IsRefusedAfterAPause) {
  open();
  receive(GetParam().input);
  EXPECT_TRUE(connection_->output().empty());
  EXPECT_FALSE(connection_->wants_read());
  EXPECT_FALSE(connection_->wants_half_close());
  pass(250ms);
  flush();
  EXPECT_EQ(take_sent(), to_hex(agent_disconnect(GetParam().reason)));
  expect_drains_and_closes();
  EXPECT_EQ(counters().connections_refused, 1U);
  EXPECT_EQ(connection_->failure(), GetParam().reason);
  EXPECT_EQ(counters().disconnects_sent[static_cast<std::size_t>(GetParam().reason)], 1U);
}

INSTANTIATE_TEST_SUITE_P(Connection, BadHello, testing::ValuesIn(bad_hellos), name_of);

const Row bad_frames[] = {
    {"LengthSix", from_hex("00 00 00 06 03 00 00 00 01 00"), Errc::invalid_frame},
    {"LengthZero", from_hex("00 00 00 00"), Errc::invalid_frame},
    {"LongerThanNegotiated", from_hex("00 00 3f fd"), Errc::frame_too_big},
    {"IdsThatDoNotDecode", from_hex("00 00 00 07 03 00 00 00 01 f0 80"), Errc::invalid_frame},
    {"SecondHello", captured_haproxy_hello, Errc::invalid_frame},
    {"NotifyWithoutFin",
     frame_of(FrameType::notify, StreamId(1), FrameId(1), {}, 0),
     Errc::fragmentation_not_supported},
    {"Unset", frame_of(FrameType::unset, StreamId(1), FrameId(1), {}), Errc::interlaced_frames},
    {"UnsetThatAborts",
     frame_of(FrameType::unset, StreamId(1), FrameId(1), {}, 3),
     Errc::interlaced_frames},
    {"DisconnectWithIds",
     frame_of(FrameType::haproxy_disconnect, StreamId(1), FrameId(0), {}),
     Errc::invalid_frame},
    {"DisconnectWithoutFin",
     frame_of(FrameType::haproxy_disconnect, StreamId(0), FrameId(0), {}, 0),
     Errc::fragmentation_not_supported},
    {"DisconnectThatDoesNotDecode",
     frame_of(FrameType::haproxy_disconnect, StreamId(0), FrameId(0), from_hex("05 61")),
     Errc::invalid_frame},
};

class BadFrame : public ConnectionTest, public testing::WithParamInterface<Row> {};

TEST_P(BadFrame, EndsTheConnectionBehindTheAnswersBefore) {
  open_running();
  receive(join({notify_of(1), GetParam().input}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), agent_disconnect(GetParam().reason)})));
  expect_drains_and_closes();
  EXPECT_EQ(counters().disconnects_sent[static_cast<std::size_t>(GetParam().reason)], 1U);
}

INSTANTIATE_TEST_SUITE_P(Connection, BadFrame, testing::ValuesIn(bad_frames), name_of);

TEST_F(ConnectionTest, AcceptsAHelloWithoutCapabilities) {
  open();
  receive(hello_with({version, size}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(captured_agent_hello));
}

TEST_F(ConnectionTest, AnswersHarmlesslyANotifyThatDoesNotDecode) {
  open_running();
  receive(join({notify_of(1),
                frame_of(FrameType::notify, StreamId(3), FrameId(1), from_hex("05 61 62")),
                notify_of(5)}));
  flush();
  EXPECT_EQ(take_sent(), to_hex(join({answered_ack(1), harmless_ack(3), answered_ack(5)})));
  EXPECT_EQ(counters().notifies_undecodable, 1U);
}

TEST_F(ConnectionTest, AnswersHarmlesslyEveryCutOfAPayload) {
  const auto payload = without_prefix(captured_notify).subspan(spop::min_frame_size);
  open_running();
  for (std::size_t n = 1; n < payload.size(); ++n) {
    receive(frame_of(FrameType::notify, StreamId(n), FrameId(1), payload.first(n)));
    flush();
    EXPECT_EQ(take_sent(), to_hex(harmless_ack(n)));
  }
}

TEST_F(ConnectionTest, SkipsFramesOfUnknownTypes) {
  open_running();
  for (const unsigned type : {4U, 50U, 101U, 102U, 103U, 200U, 255U}) {
    receive(frame_of(static_cast<FrameType>(type), StreamId(0), FrameId(0), from_hex("01")));
  }
  receive(notify_of(1));
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(1)));
  EXPECT_EQ(counters().frames_skipped, 7U);
}

TEST_F(ConnectionTest, IgnoresReservedFlagsAndAbort) {
  open_running();
  receive(frame_of(FrameType::notify, StreamId(1), FrameId(1), {}, 0xffffffff));
  flush();
  EXPECT_EQ(take_sent(), to_hex(answered_ack(1)));
}

TEST_F(ConnectionTest, ForgetsARefusalWhenThePeerIsGone) {
  open();
  receive(notify_of(1));
  connection_->on_end();
  EXPECT_TRUE(connection_->is_closed());
}

}  // namespace
}  // namespace spop_tests
