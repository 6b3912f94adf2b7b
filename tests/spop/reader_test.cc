#include "spop/reader.h"

#include <gtest/gtest.h>

#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

TEST(Reader, ReadsStringsOfAnyBytes) {
  const Bytes input = from_hex("03 00 ff 0a 00");
  spop::Reader reader(input);
  EXPECT_EQ(reader.string(), std::string_view("\0\xff\n", 3));
  EXPECT_EQ(reader.string(), "");
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.failed());
}

TEST(Reader, FailsOnAStringThatIsLongerThanTheRest) {
  for (const char* bytes : {"04 61 62 63", "01", "ff f0 fe fe fe fe fe fe fe 0e 61"}) {
    const ExactBlock block(from_hex(bytes));
    spop::Reader reader(block.bytes());
    EXPECT_EQ(reader.string(), "") << bytes;
    EXPECT_TRUE(reader.failed()) << bytes;
  }
}

TEST(Reader, YieldsNothingAfterAFailure) {
  const Bytes input = from_hex("05 61 62");
  spop::Reader reader(input);
  reader.string();
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.byte(), 0U);
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_EQ(reader.big_endian_32(), 0U);
  EXPECT_TRUE(reader.typed_data().is_null());
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_TRUE(reader.failed());
}

TEST(Reader, ReadsBigEndianNumbers) {
  const Bytes input = from_hex("01 02 03 ff");
  spop::Reader reader(input);
  EXPECT_EQ(reader.big_endian_32(), 0x010203ffU);
}

TEST(Reader, FailsOnACutBigEndianNumber) {
  for_each_cut(from_hex("01 02 03 04"), [](std::span<const std::byte> cut) {
    spop::Reader reader(cut);
    reader.big_endian_32();
    EXPECT_TRUE(reader.failed());
  });
}

}  // namespace
}  // namespace spop_tests
