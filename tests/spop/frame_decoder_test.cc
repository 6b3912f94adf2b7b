#include "spop/frame_decoder.h"

#include <cstring>

#include <gtest/gtest.h>

#include "spop/errc.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::Errc;
using spop::FrameDecoder;

/// Everything the decoder finds in `input`, given to it in pieces of at most `piece` bytes.
std::vector<std::string> decode(FrameDecoder& decoder,
                                std::span<const std::byte> input,
                                std::size_t piece) {
  std::vector<std::string> frames;
  while (!input.empty()) {
    const auto space = decoder.prepare();
    EXPECT_FALSE(space.empty());
    const std::size_t n = std::min({piece, space.size(), input.size()});
    std::memcpy(space.data(), input.data(), n);
    decoder.commit(n);
    input = input.subspan(n);
    for (;;) {
      const auto frame = decoder.next();
      if (!frame) {
        frames.push_back(frame.error().message());
        return frames;
      }
      if (!*frame) break;
      frames.push_back(to_hex(**frame));
    }
  }
  return frames;
}

Bytes frame_of_length(std::size_t length) {
  Bytes frame(spop::length_prefix_size + length, std::byte{0x2a});
  for (std::size_t i = 0; i < spop::length_prefix_size; ++i) {
    frame[i] = static_cast<std::byte>(length >> (8 * (3 - i)));
  }
  return frame;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(FrameDecoder, FindsTheSameFramesHoweverTheyArrive) {
  const Bytes input = captured_haproxy_hello + captured_notify + captured_notify +
                      frame_of_length(7) + frame_of_length(16380) + captured_haproxy_disconnect;
  const std::vector<std::string> expected = {
      to_hex(without_prefix(captured_haproxy_hello)),
      to_hex(without_prefix(captured_notify)),
      to_hex(without_prefix(captured_notify)),
      to_hex(without_prefix(frame_of_length(7))),
      to_hex(without_prefix(frame_of_length(16380))),
      to_hex(without_prefix(captured_haproxy_disconnect)),
  };
  for (const std::size_t piece : {1, 2, 3, 4, 5, 7, 11, 64, 1000, 2048, 5000, 100'000}) {
    FrameDecoder decoder(16380);
    EXPECT_EQ(decode(decoder, input, piece), expected) << piece;
  }
}

TEST(FrameDecoder, WaitsForTheLastByte) {
  for (std::size_t size = 0; size < captured_notify.size(); ++size) {
    FrameDecoder decoder(16380);
    const auto cut = std::span(captured_notify).first(size);
    EXPECT_TRUE(decode(decoder, cut, 1'000).empty()) << size;
  }
}

TEST(FrameDecoder, AcceptsAFrameOfExactlyTheMaximum) {
  FrameDecoder decoder(256);
  EXPECT_EQ(decode(decoder, frame_of_length(256), 1'000).front().size(), 2 * 256U);
}

TEST(FrameDecoder, RefusesAFrameLongerThanNegotiatedWithoutItsBody) {
  FrameDecoder decoder(256);
  EXPECT_EQ(decode(decoder, from_hex("00 00 01 01"), 4).front(),
            make_error_code(Errc::frame_too_big).message());
}

TEST(FrameDecoder, RefusesAFrameShorterThanAHeader) {
  for (const char* prefix : {"00 00 00 00", "00 00 00 01", "00 00 00 06"}) {
    FrameDecoder decoder(256);
    EXPECT_EQ(decode(decoder, from_hex(prefix), 4).front(),
              make_error_code(Errc::invalid_frame).message());
  }
}

TEST(FrameDecoder, StaysFailed) {
  FrameDecoder decoder(256);
  decode(decoder, from_hex("00 00 00 00") + captured_notify, 1'000);
  EXPECT_EQ(decoder.next().error(), Errc::invalid_frame);
  EXPECT_EQ(decoder.next().error(), Errc::invalid_frame);
}

TEST(FrameDecoder, AppliesANewMaximumToTheNextFrame) {
  FrameDecoder decoder(64 * 1024);
  decode(decoder, captured_haproxy_hello, 1'000);
  decoder.set_max_frame_size(70);
  EXPECT_EQ(decode(decoder, captured_notify, 1'000).front(),
            make_error_code(Errc::frame_too_big).message());
}

TEST(FrameDecoder, HoldsNoMoreThanOneFrameOfTheMaximum) {
  FrameDecoder decoder(16380);
  std::size_t largest = 0;
  for (int i = 0; i < 100; ++i) {
    const auto space = decoder.prepare();
    largest = std::max(largest, space.size());
    const Bytes frame = frame_of_length(space.size() - spop::length_prefix_size);
    std::memcpy(space.data(), frame.data(), space.size());  // fills it to the last byte
    decoder.commit(space.size());
    while (*decoder.next()) continue;
  }
  EXPECT_EQ(largest, 16384U);
}

}  // namespace
}  // namespace spop_tests
