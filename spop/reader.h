#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "spop/typed_data.h"

namespace spop {

/// Takes the elements of a frame one after the other (SPOE.txt §3.1). Reads nothing behind the end:
/// from the first element that is cut off or out of range on it has failed(), is at_end(), and
/// yields zeroes and empty views. Views are of the bytes it was given.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  bool failed() const { return failed_; }
  /// Everything not yet read.
  std::span<const std::byte> rest() const { return {at_, end_}; }

  std::uint8_t byte() {
    if (at_ == end_) return fail();
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint32_t big_endian_32() {
    const auto taken = bytes(4);
    if (taken.empty()) return 0;
    const auto at = [&taken](std::size_t i) { return std::to_integer<std::uint32_t>(taken[i]); };
    return at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3);  // one load, unlike a loop
  }
  std::uint64_t varint() {
    const std::uint8_t first = byte();
    return first < 240 ? first : long_varint(first);
  }
  std::string_view string() {
    const auto taken = bytes(varint());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  /// A reserved type is read as NULL, and nothing skipped, as HAProxy does.
  TypedData typed_data() {
    const std::uint8_t first = byte();
    const bool is_string = (first & 0x0FU) == static_cast<std::uint8_t>(DataType::string);
    return is_string ? TypedData::string(string()) : other_typed_data(first);
  }

 private:
  TypedData other_typed_data(std::uint8_t first);
  std::uint64_t long_varint(std::uint8_t first);
  /// `size` bytes, or an empty span.
  std::span<const std::byte> bytes(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      fail();
      return {};
    }
    const std::span<const std::byte> taken(at_, static_cast<std::size_t>(size));
    at_ += size;
    return taken;
  }
  std::uint8_t fail() {
    failed_ = true;
    at_ = end_;
    return 0;
  }

  const std::byte* at_;
  const std::byte* end_;
  bool failed_ = false;
};

}  // namespace spop
