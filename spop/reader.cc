#include "spop/reader.h"

namespace spop {

std::uint32_t Reader::big_endian_32() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | byte();
  return value;
}

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

std::span<const std::byte> Reader::bytes(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) {
    fail();
    return {};
  }
  const std::span<const std::byte> taken(at_, static_cast<std::size_t>(size));
  at_ += size;
  return taken;
}

std::string_view Reader::string() {
  const auto taken = bytes(varint());
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

TypedData Reader::typed_data() {
  const std::uint8_t first = byte();
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
