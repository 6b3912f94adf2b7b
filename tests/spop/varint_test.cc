#include "spop/varint.h"

#include <array>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "spop/reader.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

struct Example {
  std::uint64_t value;
  const char* bytes;
};

constexpr auto max = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t two_to_the_63 = 1ULL << 63;

const Example examples[] = {
    {0, "00"},
    {128, "80"},
    {239, "ef"},
    {240, "f0 00"},
    {241, "f1 00"},
    {255, "ff 00"},
    {256, "f0 01"},
    {300, "fc 03"},
    {1000, "f8 2f"},
    {2287, "ff 7f"},
    {2288, "f0 80 00"},
    {2289, "f1 80 00"},
    {16380, "fc f0 06"},
    {65536, "f0 f1 1e"},
    {264431, "ff ff 7f"},
    {264432, "f0 80 80 00"},
    {33818863, "ff ff ff 7f"},
    {33818864, "f0 80 80 80 00"},
    {(1ULL << 32) - 1, "ff f0 fe fe 7e"},
    {1ULL << 32, "f0 f1 fe fe 7e"},
    {4328786159, "ff ff ff ff 7f"},
    {4328786160, "f0 80 80 80 80 00"},
    {two_to_the_63 - 1, "ff f0 fe fe fe fe fe fe fe 06"},
    {two_to_the_63, "f0 f1 fe fe fe fe fe fe fe 06"},
    {max, "ff f0 fe fe fe fe fe fe fe 0e"},
};

Bytes encode(std::uint64_t value) {
  Bytes bytes(spop::varint_size(value));
  const std::byte* const end = spop::encode_varint(value, bytes.data());
  EXPECT_EQ(end, bytes.data() + bytes.size()) << value;
  return bytes;
}

TEST(Varint, IsEncodedAsHaproxyDoes) {
  for (const auto& [value, bytes] : examples) {
    EXPECT_EQ(to_hex(encode(value)), to_hex(from_hex(bytes))) << value;
  }
}

TEST(Varint, IsDecodedAsHaproxyDoes) {
  for (const auto& [value, bytes] : examples) {
    const ExactBlock block(from_hex(bytes));
    spop::Reader reader(block.bytes());
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.at_end());
    EXPECT_FALSE(reader.failed());
  }
}

TEST(Varint, GetsLongerWhereTheReferenceSays) {
  const std::array<std::uint64_t, 9> first_of_length = {240,
                                                        2288,
                                                        264432,
                                                        33818864,
                                                        4328786160,
                                                        554084600048,
                                                        70922828777712,
                                                        9078122083518704,
                                                        1161999626690365680};
  std::size_t size = 1;
  for (const std::uint64_t first : first_of_length) {
    EXPECT_EQ(encode(first - 1).size(), size);
    EXPECT_EQ(encode(first).size(), size + 1);
    ++size;
  }
  EXPECT_EQ(encode(max).size(), spop::max_varint_size);
}

TEST(Varint, OfAnyLengthComesBackAsItWas) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    const ExactBlock block(encode(value));
    spop::Reader reader(block.bytes());
    ASSERT_EQ(reader.varint(), value);
    ASSERT_FALSE(reader.failed());
  }
}

TEST(Varint, FailsWhenCutAnywhere) {
  for (const auto& [value, bytes] : examples) {
    for_each_cut(from_hex(bytes), [](std::span<const std::byte> cut) {
      spop::Reader reader(cut);
      EXPECT_EQ(reader.varint(), 0U);
      EXPECT_TRUE(reader.failed());
    });
  }
}

TEST(Varint, FailsAbove64Bits) {
  const char* const too_big[] = {
      "f0 f1 fe fe fe fe fe fe fe 0e",        // 2^64
      "ff ff ff ff ff ff ff ff ff 0e",        // the sum carries
      "f0 80 80 80 80 80 80 80 80 0f",        // tenth byte above 14
      "f0 80 80 80 80 80 80 80 80 80",        // an eleventh byte is announced
      "ff ff ff ff ff ff ff ff ff ff ff ff",  // and never ends
  };
  for (const char* bytes : too_big) {
    const ExactBlock block(from_hex(bytes));
    spop::Reader reader(block.bytes());
    EXPECT_EQ(reader.varint(), 0U) << bytes;
    EXPECT_TRUE(reader.failed()) << bytes;
  }
}

}  // namespace
}  // namespace spop_tests
