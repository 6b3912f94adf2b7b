#include "spop/hello.h"

#include <gtest/gtest.h>

#include "spop/encode.h"
#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::AgentHello;
using spop::ByteBuffer;
using spop::Errc;
using spop::Frame;
using spop::FrameType;
using spop::FrameWriter;
using spop::HaproxyHello;
using spop::TypedData;

const HaproxyHello live_hello = {
    "2.0", 16380, "pipelining,async", "bfa82531-ff72-4781-a56b-18c59e39e113", false};
const HaproxyHello check_hello = {"2.0", 16380, "", "", true};

Frame frame_of(std::span<const std::byte> payload) {
  return {FrameType::haproxy_hello, spop::flag_fin, spop::StreamId(0), spop::FrameId(0), payload};
}

using Pairs = std::vector<std::pair<std::string_view, TypedData>>;

ByteBuffer payload_of(const Pairs& pairs) {
  ByteBuffer payload;
  for (const auto& [key, value] : pairs) spop::encode_pair(key, value, payload);
  return payload;
}

TEST(HaproxyHello, IsParsedAsCaptured) {
  const auto live = spop::parse_frame(without_prefix(captured_haproxy_hello));
  EXPECT_EQ(spop::parse_haproxy_hello(*live), live_hello);
  const auto check = spop::parse_frame(without_prefix(captured_healthcheck_hello));
  EXPECT_EQ(spop::parse_haproxy_hello(*check), check_hello);
}

TEST(HaproxyHello, IsEncodedAsCaptured) {
  ByteBuffer output;
  spop::encode_haproxy_hello(live_hello, output);
  EXPECT_EQ(to_hex(output), to_hex(captured_haproxy_hello));
  output.clear();
  spop::encode_haproxy_hello(check_hello, output);
  EXPECT_EQ(to_hex(output), to_hex(captured_healthcheck_hello));
}

TEST(AgentHello, IsEncodedAndParsedAsCaptured) {
  AgentHello hello;
  hello.max_frame_size = 16380;
  ByteBuffer output;
  spop::encode_agent_hello(hello, output);
  EXPECT_EQ(to_hex(output), to_hex(captured_agent_hello));
  const auto frame = spop::parse_frame(without_prefix(captured_agent_hello));
  EXPECT_EQ(spop::parse_agent_hello(*frame), hello);
}

TEST(HaproxyHello, DoesNotParseWhenCutInsideAnEntry) {
  const auto payload = without_prefix(captured_haproxy_hello).subspan(spop::min_frame_size);
  std::size_t parsed = 0;
  for_each_cut(payload, [&](std::span<const std::byte> cut) {
    if (spop::parse_haproxy_hello(frame_of(cut))) ++parsed;
  });
  EXPECT_EQ(parsed, 2U);  // behind max-frame-size and behind capabilities
}

TEST(HaproxyHello, HasToHaveFinAndNoIds) {
  const auto payload = without_prefix(captured_haproxy_hello).subspan(spop::min_frame_size);
  Frame frame = frame_of(payload);
  frame.flags = 0;
  EXPECT_EQ(spop::parse_haproxy_hello(frame).error(), Errc::fragmentation_not_supported);
  frame = frame_of(payload);
  frame.stream_id = spop::StreamId(1);
  EXPECT_EQ(spop::parse_haproxy_hello(frame).error(), Errc::invalid_frame);
  frame = frame_of(payload);
  frame.frame_id = spop::FrameId(1);
  EXPECT_EQ(spop::parse_haproxy_hello(frame).error(), Errc::invalid_frame);
}

TEST(HaproxyHello, SaysWhatIsMissing) {
  const auto no_version = payload_of({{"max-frame-size", TypedData::uint32(16380)}});
  EXPECT_EQ(spop::parse_haproxy_hello(frame_of(no_version.bytes())).error(), Errc::no_version);
  const auto no_size = payload_of({{"supported-versions", TypedData::string("2.0")}});
  EXPECT_EQ(spop::parse_haproxy_hello(frame_of(no_size.bytes())).error(), Errc::no_max_frame_size);
}

TEST(HaproxyHello, MayHaveNoCapabilitiesAndKeysWeDoNotKnow) {
  const auto payload = payload_of({{"supported-versions", TypedData::string("2.0")},
                                   {"x-unknown", TypedData::string("skipped")},
                                   {"max-frame-size", TypedData::uint32(16380)}});
  const HaproxyHello expected = {"2.0", 16380, "", "", false};
  EXPECT_EQ(spop::parse_haproxy_hello(frame_of(payload.bytes())), expected);
}

TEST(HaproxyHello, CountsTheLastOfTwoEqualKeys) {
  const auto payload = payload_of({{"supported-versions", TypedData::string("2.0")},
                                   {"max-frame-size", TypedData::uint32(16380)},
                                   {"max-frame-size", TypedData::uint32(1000)}});
  EXPECT_EQ(spop::parse_haproxy_hello(frame_of(payload.bytes()))->max_frame_size, 1000U);
}

TEST(HaproxyHello, TakesAnyIntegerTypeForTheSize) {
  const auto payload = payload_of({{"supported-versions", TypedData::string("2.0")},
                                   {"max-frame-size", TypedData::int64(16380)}});
  EXPECT_EQ(spop::parse_haproxy_hello(frame_of(payload.bytes()))->max_frame_size, 16380U);
}

TEST(HaproxyHello, RefusesValuesOfTheWrongType) {
  const Pairs wrong = {{"supported-versions", TypedData::int64(2)},
                       {"max-frame-size", TypedData::string("16380")},
                       {"capabilities", TypedData()},
                       {"engine-id", TypedData::int64(1)},
                       {"healthcheck", TypedData::string("true")}};
  for (const auto& pair : wrong) {
    const auto payload = payload_of({{"supported-versions", TypedData::string("2.0")},
                                     {"max-frame-size", TypedData::uint32(16380)},
                                     pair});
    EXPECT_EQ(spop::parse_haproxy_hello(frame_of(payload.bytes())).error(), Errc::invalid_frame)
        << pair.first;
  }
}

TEST(Negotiate, EchoesHaproxysFrameSize) {
  const auto answer = spop::negotiate(live_hello, 64 * 1024);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->version, "2.0");
  EXPECT_EQ(answer->max_frame_size, 16380U);
  EXPECT_EQ(answer->capabilities, "pipelining");
}

TEST(Negotiate, AgreesToNoMoreThanWeTake) {
  EXPECT_EQ(spop::negotiate(live_hello, 1'000)->max_frame_size, 1'000U);
}

TEST(Negotiate, FindsVersionTwoInTheList) {
  HaproxyHello hello = live_hello;
  for (const char* versions : {"2.0", "1.0,2.0", "1.0, 2.0 ", "3.0 , 2.1", "\t2.0"}) {
    hello.supported_versions = versions;
    EXPECT_TRUE(spop::negotiate(hello, 64 * 1024)) << versions;
  }
  for (const char* versions : {"", ",", "1.0", "3.0,1.2.0", "20", "2", " ", "x2.0"}) {
    hello.supported_versions = versions;
    EXPECT_EQ(spop::negotiate(hello, 64 * 1024).error(), Errc::bad_version) << versions;
  }
}

TEST(Negotiate, RefusesAFrameSizeBelow256) {
  HaproxyHello hello = live_hello;
  hello.max_frame_size = 255;
  EXPECT_EQ(spop::negotiate(hello, 64 * 1024).error(), Errc::bad_max_frame_size);
  hello.max_frame_size = 256;
  EXPECT_TRUE(spop::negotiate(hello, 64 * 1024));
}

TEST(AgentHello, IsCheckedAsHaproxyDoes) {
  EXPECT_TRUE(spop::check_agent_hello({" 2.0 ", 16380, ""}, live_hello));
  EXPECT_EQ(spop::check_agent_hello({"2.1", 16380, ""}, live_hello).error(), Errc::bad_version);
  EXPECT_EQ(spop::check_agent_hello({"2.0", 16381, ""}, live_hello).error(),
            Errc::bad_max_frame_size);
  EXPECT_EQ(spop::check_agent_hello({"2.0", 255, ""}, live_hello).error(),
            Errc::bad_max_frame_size);
}

}  // namespace
}  // namespace spop_tests
