#include "spop/notify_batch.h"

#include <gtest/gtest.h>

#include "spop/encode.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::ArgumentView;
using spop::ByteBuffer;
using spop::Frame;
using spop::MessageView;
using spop::NotifyBatch;
using spop::NotifyView;
using spop::TypedData;
using Added = NotifyBatch::Added;

Frame notify_of(std::span<const std::byte> payload) {
  return {spop::FrameType::notify, spop::flag_fin, spop::StreamId(7), spop::FrameId(1), payload};
}

TEST(NotifyBatch, DecodesTheCapturedNotify) {
  NotifyBatch batch;
  const auto frame = spop::parse_frame(without_prefix(captured_notify));
  ASSERT_EQ(batch.add(*frame), Added::yes);
  ASSERT_EQ(batch.views().size(), 1U);
  const NotifyView& notify = batch.views().front();
  EXPECT_EQ(notify.stream_id, spop::StreamId(0));
  EXPECT_EQ(notify.frame_id, spop::FrameId(1));
  ASSERT_EQ(notify.messages.size(), 1U);
  const MessageView& message = notify.messages.front();
  EXPECT_EQ(message.name, "acme-lookup");
  EXPECT_EQ(message.arguments.size(), 2U);
  EXPECT_EQ(message.argument("host").as_string(), "example.org");
  EXPECT_EQ(message.argument("path").as_string(), "/.well-known/acme-challenge/tok");
  EXPECT_TRUE(message.argument("port").is_null());
}

TEST(NotifyBatch, DecodesWhatTheEncoderWrote) {
  const ArgumentView first[] = {{"host", TypedData::string("a.example")}, {"", TypedData()}};
  const ArgumentView second[] = {{"n", TypedData::int64(-5)}};
  const MessageView messages[] = {{"one", first}, {"none", {}}, {"two", second}};
  ByteBuffer payload;
  for (const MessageView& each : messages) spop::encode_message(each, payload);
  EXPECT_EQ(to_hex(payload),
            to_hex(from_hex("03 6f6e65 02 04 686f7374 08 09 612e6578616d706c65 00 00"
                            "04 6e6f6e65 00"
                            "03 74776f 01 01 6e 04 fb f0 fe fe fe fe fe fe fe 0e")));
  NotifyBatch batch;
  ASSERT_EQ(batch.add(notify_of(payload.bytes())), Added::yes);
  const auto decoded = batch.views().front().messages;
  ASSERT_EQ(decoded.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(decoded[i].name, messages[i].name);
    EXPECT_TRUE(std::ranges::equal(decoded[i].arguments, messages[i].arguments));
  }
}

TEST(NotifyBatch, TakesAnEmptyPayload) {
  NotifyBatch batch;
  EXPECT_EQ(batch.add(notify_of({})), Added::yes);
  EXPECT_TRUE(batch.views().front().messages.empty());
}

TEST(NotifyBatch, RefusesAPayloadCutInsideAMessageAndIsAsBefore) {
  ByteBuffer whole;
  const ArgumentView arguments[] = {{"host", TypedData::string("a.example")}};
  spop::encode_message({"one", arguments}, whole);
  NotifyBatch batch;
  ASSERT_EQ(batch.add(notify_of(whole.bytes())), Added::yes);
  for_each_cut(whole.bytes(), [&](std::span<const std::byte> cut) {
    if (cut.empty()) return;
    EXPECT_EQ(batch.add(notify_of(cut)), Added::invalid) << cut.size();
    ASSERT_EQ(batch.views().size(), 1U);
    EXPECT_EQ(batch.views()[0].messages[0].argument("host").as_string(), "a.example");
  });
}

TEST(NotifyBatch, RefusesFewerArgumentsThanAnnounced) {
  NotifyBatch batch;
  EXPECT_EQ(batch.add(notify_of(from_hex("01 61 ff 01 62 00"))), Added::invalid);
  EXPECT_TRUE(batch.empty());
}

TEST(NotifyBatch, GrowsForOneLargeNotify) {
  ByteBuffer payload;
  const std::vector<ArgumentView> arguments(255, ArgumentView{"n", TypedData::int64(1)});
  for (int i = 0; i < 100; ++i) spop::encode_message({"many", arguments}, payload);
  for (int i = 0; i < 1'000; ++i) spop::encode_message({"empty", {}}, payload);
  NotifyBatch batch;
  ASSERT_EQ(batch.add(notify_of(payload.bytes())), Added::yes);
  ASSERT_EQ(batch.views().front().messages.size(), 1'100U);
  EXPECT_EQ(batch.views().front().messages[99].arguments[254].value, TypedData::int64(1));
}

TEST(NotifyBatch, HasNoSpaceRatherThanMovingWhatItHolds) {
  ByteBuffer small;
  const ArgumentView argument[] = {{"n", TypedData::int64(1)}};
  spop::encode_message({"small", argument}, small);
  ByteBuffer large;
  const std::vector<ArgumentView> arguments(255, ArgumentView{"n", TypedData::int64(2)});
  for (int i = 0; i < 4; ++i) spop::encode_message({"large", arguments}, large);

  NotifyBatch batch;
  ASSERT_EQ(batch.add(notify_of(small.bytes())), Added::yes);
  EXPECT_EQ(batch.add(notify_of(large.bytes())), Added::no_space);
  ASSERT_EQ(batch.views().size(), 1U);
  EXPECT_EQ(batch.views()[0].messages[0].arguments[0].value, TypedData::int64(1));
  batch.clear();
  EXPECT_EQ(batch.add(notify_of(large.bytes())), Added::yes);
}

TEST(NotifyBatch, HoldsABoundedNumberOfNotifies) {
  NotifyBatch batch;
  for (std::size_t i = 0; i < NotifyBatch::max_notifies; ++i) {
    ASSERT_EQ(batch.add(notify_of({})), Added::yes);
  }
  EXPECT_EQ(batch.add(notify_of({})), Added::no_space);
}

}  // namespace
}  // namespace spop_tests
