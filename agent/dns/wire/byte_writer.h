#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/dns/wire/message.h"

namespace dns {

/// Appends values in network order.
class ByteWriter {
 public:
  ByteWriter& number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i > 0; --i) {
      bytes_.push_back(static_cast<std::byte>(value >> (8 * (i - 1)) & 0xffU));
    }
    return *this;
  }
  ByteWriter& u8(std::uint8_t value) { return number(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return number(value, 2); }
  ByteWriter& u32(std::uint32_t value) { return number(value, 4); }
  ByteWriter& type(RecordType value) { return u16(static_cast<std::uint16_t>(value)); }
  ByteWriter& record_class(RecordClass value) { return u16(static_cast<std::uint16_t>(value)); }
  ByteWriter& raw(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& raw(std::string_view text) { return raw(std::as_bytes(std::span(text))); }
  ByteWriter& name(const Name& name) { return raw(name.wire()); }  ///< never compressed

  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace dns
