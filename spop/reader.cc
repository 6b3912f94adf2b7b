#include "spop/reader.h"

namespace spop {

std::uint64_t Reader::long_varint(std::uint8_t first) {
  constexpr unsigned last_shift = 60;        // of the tenth byte
  constexpr std::uint8_t last_maximum = 14;  // above it 2^64 is exceeded
  std::uint64_t value = first;
  for (unsigned shift = 4; shift < last_shift; shift += 7) {
    const std::uint8_t next = byte();
    value += std::uint64_t{next} << shift;  // the whole byte, its top bit too
    if (next < 128) return failed_ ? 0 : value;
  }
  const std::uint8_t last = byte();
  const std::uint64_t sum = value + (std::uint64_t{last} << last_shift);
  if (failed_ || last > last_maximum || sum < value) return fail();
  return sum;
}

TypedData Reader::other_typed_data(std::uint8_t first) {
  const auto type = static_cast<DataType>(first & 0x0FU);
  switch (type) {
    case DataType::null: return {};
    case DataType::boolean: return TypedData::boolean(first >> 4 == 1);
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64: return TypedData::integer(type, varint());
    case DataType::ipv4: {
      const auto address = bytes(4);
      return failed_ ? TypedData() : TypedData::ipv4(address.first<4>());
    }
    case DataType::ipv6: {
      const auto address = bytes(16);
      return failed_ ? TypedData() : TypedData::ipv6(address.first<16>());
    }
    case DataType::string: return TypedData::string(string());
    case DataType::binary: return TypedData::binary(bytes(varint()));
  }
  return {};  // reserved
}

}  // namespace spop
