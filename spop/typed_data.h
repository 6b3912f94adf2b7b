#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace spop {

/// The low nibble of a typed data's first byte (SPOE.txt §3.1); 10 to 15 are reserved.
enum class DataType : std::uint8_t {
  null = 0,  ///< HAProxy had no such sample
  boolean = 1,
  int32 = 2,
  uint32 = 3,
  int64 = 4,  ///< what HAProxy sends for every integer
  uint64 = 5,
  ipv4 = 6,
  ipv6 = 7,
  string = 8,
  binary = 9,
};

/// One value of a frame. A value itself, but strings, binaries and addresses are views of bytes
/// that somebody else owns: of the frame if it was decoded.
class TypedData {
 public:
  constexpr TypedData() = default;  ///< NULL

  static constexpr TypedData boolean(bool value) { return {DataType::boolean, value ? 1U : 0U}; }
  /// Integers on the wire are 64 bits, negative ones sign-extended, whatever their type says.
  /// REQUIRES: type is one of the four integer types.
  static constexpr TypedData integer(DataType type, std::uint64_t bits) { return {type, bits}; }
  static constexpr TypedData int64(std::int64_t value) {
    return {DataType::int64, static_cast<std::uint64_t>(value)};
  }
  static constexpr TypedData uint32(std::uint32_t value) { return {DataType::uint32, value}; }
  static TypedData ipv4(std::span<const std::byte, 4> address) {
    return {DataType::ipv4, address.data(), address.size()};
  }
  static TypedData ipv6(std::span<const std::byte, 16> address) {
    return {DataType::ipv6, address.data(), address.size()};
  }
  static TypedData string(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {DataType::string, bytes.data(), bytes.size()};
  }
  static TypedData binary(std::span<const std::byte> bytes) {
    return {DataType::binary, bytes.data(), bytes.size()};
  }

  constexpr DataType type() const { return type_; }
  constexpr bool is_null() const { return type_ == DataType::null; }

  /// nullopt if it is no BOOL.
  constexpr std::optional<bool> as_bool() const {
    if (type_ != DataType::boolean) return std::nullopt;
    return number_ != 0;
  }
  /// Any of the four integer types, read as HAProxy reads them: the 64 bits, signed. nullopt if it
  /// is none of them.
  constexpr std::optional<std::int64_t> as_int() const {
    if (type_ < DataType::int32 || type_ > DataType::uint64) return std::nullopt;
    return static_cast<std::int64_t>(number_);
  }
  /// nullopt if it is no STRING. Any byte can be in it, NUL too.
  std::optional<std::string_view> as_string() const {
    if (type_ != DataType::string) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(data_), size_);
  }
  /// Of a STRING, BINARY, IPV4 or IPV6; empty for everything else.
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Same type, same value.
  friend bool operator==(const TypedData& a, const TypedData& b);

 private:
  constexpr TypedData(DataType type, std::uint64_t number) : type_(type), number_(number) {}
  constexpr TypedData(DataType type, const std::byte* data, std::size_t size)
      : type_(type), data_(data), size_(size) {}

  DataType type_ = DataType::null;
  std::uint64_t number_ = 0;  // of BOOL and the integers, sign-extended
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace spop
