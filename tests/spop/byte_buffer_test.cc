#include "spop/byte_buffer.h"

#include <gtest/gtest.h>

#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

TEST(ByteBuffer, KeepsItsBytesWhenItGrows) {
  spop::ByteBuffer buffer;
  Bytes expected;
  const Bytes piece = from_hex("01 02 03 04 05 06 07");
  for (int i = 0; i < 1'000; ++i) {
    buffer.append(piece);
    expected.insert(expected.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(to_hex(buffer), to_hex(expected));
}

TEST(ByteBuffer, UsesItsMemoryAgainWhenCleared) {
  spop::ByteBuffer buffer;
  const std::byte* const memory = buffer.prepare(4096);
  buffer.commit(4096);
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.prepare(4096), memory);
}

TEST(ByteBuffer, ForgetsWhatIsTruncated) {
  spop::ByteBuffer buffer;
  buffer.append(from_hex("01 02 03"));
  buffer.truncate(1);
  buffer.append(from_hex("04"));
  EXPECT_EQ(to_hex(buffer), "0104");
}

TEST(ByteBuffer, TakesEmptyInput) {
  spop::ByteBuffer buffer;
  buffer.append({});
  EXPECT_TRUE(buffer.bytes().empty());
}

}  // namespace
}  // namespace spop_tests
