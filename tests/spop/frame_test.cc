#include "spop/frame.h"

#include <gtest/gtest.h>

#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::ByteBuffer;
using spop::Frame;
using spop::FrameId;
using spop::FrameType;
using spop::FrameWriter;
using spop::StreamId;

TEST(Frame, IsCutIntoItsParts) {
  const auto frame = spop::parse_frame(without_prefix(captured_notify));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, FrameType::notify);
  EXPECT_EQ(frame->flags, spop::flag_fin);
  EXPECT_TRUE(frame->has_fin());
  EXPECT_FALSE(frame->has_zero_ids());
  EXPECT_EQ(frame->stream_id, StreamId(0));
  EXPECT_EQ(frame->frame_id, FrameId(1));
  EXPECT_EQ(frame->payload.size(), 0x4cU - spop::min_frame_size);
}

TEST(Frame, DoesNotParseWhenCutInsideItsHeader) {
  const Bytes header = from_hex("03 00 00 00 01 f0 80 00 ff 00");
  for_each_cut(header, [](std::span<const std::byte> cut) {
    const auto frame = spop::parse_frame(cut);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error(), spop::Errc::invalid_frame);
  });
  EXPECT_TRUE(spop::parse_frame(header));
}

TEST(Frame, MayHaveNoPayload) {
  const Bytes bytes = from_hex("03 00 00 00 01 05 01");
  const auto frame = spop::parse_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->payload.empty());
}

TEST(FrameWriter, WritesTheCapturedAck) {
  ByteBuffer output;
  FrameWriter frame(output, FrameType::ack, StreamId(0), FrameId(1));
  output.append(without_prefix(captured_ack).subspan(spop::min_frame_size));
  EXPECT_EQ(frame.size(), 0x27U);
  frame.finish();
  EXPECT_EQ(to_hex(output), to_hex(captured_ack));
}

TEST(FrameWriter, WritesTheLargestIdsAndAnyFlags) {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  ByteBuffer output;
  FrameWriter frame(output, FrameType::unset, StreamId(max), FrameId(max), 0x01020304);
  EXPECT_EQ(frame.size(), spop::max_frame_header_size);
  frame.finish();
  const auto parsed = spop::parse_frame(output.bytes().subspan(spop::length_prefix_size));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, FrameType::unset);
  EXPECT_EQ(parsed->flags, 0x01020304U);
  EXPECT_EQ(parsed->stream_id, StreamId(max));
  EXPECT_EQ(parsed->frame_id, FrameId(max));
}

TEST(FrameWriter, CanBeginAgainOrNotHaveBegunAtAll) {
  ByteBuffer output;
  output.append(from_hex("aa"));
  FrameWriter frame(output, FrameType::ack, StreamId(1), FrameId(1));
  output.append(from_hex("01 02 03"));
  frame.clear_payload();
  EXPECT_EQ(frame.size(), spop::min_frame_size);
  frame.discard();
  EXPECT_EQ(to_hex(output), "aa");
}

}  // namespace
}  // namespace spop_tests
