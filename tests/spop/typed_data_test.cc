#include "spop/typed_data.h"

#include <array>

#include <gtest/gtest.h>

#include "spop/encode.h"
#include "spop/reader.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::DataType;
using spop::TypedData;

const Bytes ipv4_bytes = from_hex("7f 00 00 01");
const Bytes ipv6_bytes = from_hex("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01");
const Bytes binary_bytes = from_hex("00 ff 10");
constexpr auto minus_one = static_cast<std::uint64_t>(-1);

struct Example {
  const char* bytes;
  TypedData value;
};

/// What HAProxy was seen to send.
std::vector<Example> examples() {
  return {
      {"00", TypedData()},
      {"11", TypedData::boolean(true)},
      {"01", TypedData::boolean(false)},
      {"04 05", TypedData::int64(5)},
      {"04 ff f0 fe fe fe fe fe fe fe 0e", TypedData::int64(-1)},
      {"04 f0 00", TypedData::int64(240)},
      {"02 ff f0 fe fe fe fe fe fe fe 0e", TypedData::integer(DataType::int32, minus_one)},
      {"03 fc f0 06", TypedData::uint32(16380)},
      {"05 f0 f1 fe fe fe fe fe fe fe 06", TypedData::integer(DataType::uint64, 1ULL << 63)},
      {"06 7f 00 00 01", TypedData::ipv4(std::span(ipv4_bytes).first<4>())},
      {"07 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01",
       TypedData::ipv6(std::span(ipv6_bytes).first<16>())},
      {"08 03 61 62 63", TypedData::string("abc")},
      {"08 00", TypedData::string("")},
      {"09 03 00 ff 10", TypedData::binary(binary_bytes)},
  };
}

TEST(TypedData, IsEncodedAsHaproxyDoes) {
  for (const auto& [bytes, value] : examples()) {
    Bytes encoded(spop::typed_data_size(value));
    const std::byte* const end = spop::encode_typed_data(value, encoded.data());
    EXPECT_EQ(end, encoded.data() + encoded.size());
    EXPECT_EQ(to_hex(encoded), to_hex(from_hex(bytes)));
  }
}

TEST(TypedData, IsDecodedAsHaproxyDoes) {
  for (const auto& [bytes, value] : examples()) {
    const ExactBlock block(from_hex(bytes));
    spop::Reader reader(block.bytes());
    EXPECT_EQ(reader.typed_data(), value) << bytes;
    EXPECT_TRUE(reader.at_end()) << bytes;
    EXPECT_FALSE(reader.failed()) << bytes;
  }
}

TEST(TypedData, FailsWhenCutAnywhere) {
  for (const auto& [bytes, value] : examples()) {
    for_each_cut(from_hex(bytes), [&](std::span<const std::byte> cut) {
      spop::Reader reader(cut);
      reader.typed_data();
      EXPECT_TRUE(reader.failed()) << bytes << " cut after " << cut.size();
    });
  }
}

TEST(TypedData, OfAReservedTypeIsNullAndTakesNothing) {
  for (const char* bytes : {"0a 05", "0b 05", "0c 05", "0d 05", "0e 05", "0f 05", "fa 05"}) {
    const Bytes input = from_hex(bytes);
    spop::Reader reader(input);
    EXPECT_TRUE(reader.typed_data().is_null()) << bytes;
    EXPECT_EQ(reader.rest().size(), 1U) << bytes;
  }
}

TEST(TypedData, IsTrueOnlyIfTheFlagIsExactlyOne) {
  const Bytes input = from_hex("21");
  EXPECT_EQ(spop::Reader(input).typed_data().as_bool(), false);
}

TEST(TypedData, IgnoresFlagsOfOtherTypes) {
  const Bytes input = from_hex("18 03 61 62 63");
  EXPECT_EQ(spop::Reader(input).typed_data().as_string(), "abc");
}

TEST(TypedData, ReadsEveryIntegerAsSigned64Bits) {
  for (const DataType type :
       {DataType::int32, DataType::uint32, DataType::int64, DataType::uint64}) {
    EXPECT_EQ(TypedData::integer(type, minus_one).as_int(), -1);
  }
}

TEST(TypedData, IsNothingButWhatItsTypeSays) {
  const TypedData string = TypedData::string("1");
  EXPECT_EQ(string.as_int(), std::nullopt);
  EXPECT_EQ(string.as_bool(), std::nullopt);
  EXPECT_FALSE(string.is_null());
  const TypedData number = TypedData::int64(1);
  EXPECT_EQ(number.as_string(), std::nullopt);
  EXPECT_EQ(number.as_bool(), std::nullopt);
  EXPECT_TRUE(number.bytes().empty());
  EXPECT_EQ(TypedData::binary(binary_bytes).as_string(), std::nullopt);
  EXPECT_EQ(TypedData::boolean(true).as_int(), std::nullopt);
}

TEST(TypedData, DiffersByTypeAndValue) {
  EXPECT_NE(TypedData::int64(5), TypedData::uint32(5));
  EXPECT_NE(TypedData::int64(5), TypedData::int64(6));
  EXPECT_NE(TypedData::string("a"), TypedData::string("b"));
  EXPECT_EQ(TypedData::string("a"), TypedData::string(std::string("a")));
}

}  // namespace
}  // namespace spop_tests
