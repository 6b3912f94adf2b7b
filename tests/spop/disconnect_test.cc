#include "spop/disconnect.h"

#include <gtest/gtest.h>

#include "spop/errc.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::ByteBuffer;
using spop::Disconnect;
using spop::Errc;
using spop::FrameType;

const Disconnect idle = {2, "a timeout occurred"};

TEST(Disconnect, IsParsedAndEncodedAsCaptured) {
  const auto frame = spop::parse_frame(without_prefix(captured_haproxy_disconnect));
  EXPECT_EQ(spop::parse_disconnect(*frame), idle);
  ByteBuffer output;
  spop::encode_disconnect(FrameType::haproxy_disconnect, idle, output);
  EXPECT_EQ(to_hex(output), to_hex(captured_haproxy_disconnect));
}

TEST(Disconnect, SaysAnErrorInHaproxysWords) {
  ByteBuffer output;
  spop::encode_disconnect(FrameType::agent_disconnect, Errc::timeout, output);
  Bytes expected = captured_haproxy_disconnect;
  expected[4] = static_cast<std::byte>(FrameType::agent_disconnect);
  EXPECT_EQ(to_hex(output), to_hex(expected));
}

TEST(Disconnect, WithoutAnErrorIsNormal) {
  ByteBuffer output;
  spop::encode_disconnect(FrameType::agent_disconnect, std::error_code(), output);
  const auto frame = spop::parse_frame(output.bytes().subspan(spop::length_prefix_size));
  EXPECT_EQ(spop::parse_disconnect(*frame), (Disconnect{0, "normal"}));
}

TEST(Disconnect, HasNoMessageOfMoreThan255Bytes) {
  ByteBuffer output;
  const std::string text(300, 'x');
  spop::encode_disconnect(FrameType::agent_disconnect, Disconnect{50, text}, output);
  const auto frame = spop::parse_frame(output.bytes().subspan(spop::length_prefix_size));
  EXPECT_EQ(spop::parse_disconnect(*frame)->message, std::string(255, 'x'));
}

TEST(Disconnect, DoesNotParseWhenCutInsideAnEntry) {
  auto frame = *spop::parse_frame(without_prefix(captured_haproxy_disconnect));
  std::size_t parsed = 0;
  for_each_cut(frame.payload, [&](std::span<const std::byte> cut) {
    frame.payload = cut;
    if (spop::parse_disconnect(frame)) ++parsed;
  });
  EXPECT_EQ(parsed, 2U);  // empty, and behind status-code
}

TEST(Disconnect, HasToHaveFinAndNoIds) {
  auto frame = *spop::parse_frame(without_prefix(captured_haproxy_disconnect));
  frame.flags = 0;
  EXPECT_EQ(spop::parse_disconnect(frame).error(), Errc::fragmentation_not_supported);
  frame.flags = spop::flag_fin;
  frame.frame_id = spop::FrameId(1);
  EXPECT_EQ(spop::parse_disconnect(frame).error(), Errc::invalid_frame);
}

}  // namespace
}  // namespace spop_tests
