#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "spop/byte_buffer.h"
#include "spop/frame.h"

namespace spop_tests {

using Bytes = std::vector<std::byte>;

/// From a hex dump; blanks do not matter. Throws if it is none.
inline Bytes from_hex(std::string_view dump) {
  std::string digits;
  for (const char c : dump) {
    if (c != ' ' && c != '\n') digits += c;
  }
  return base::decode_hex(digits).value();
}

/// For comparisons that are readable when they fail.
inline std::string to_hex(std::span<const std::byte> bytes) {
  return base::encode_hex(bytes);
}
inline std::string to_hex(const spop::ByteBuffer& buffer) {
  return to_hex(buffer.bytes());
}

inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A heap block of exactly the size of what is in it: AddressSanitizer sees an overrun by one.
class ExactBlock {
 public:
  explicit ExactBlock(std::span<const std::byte> bytes)
      : data_(std::make_unique_for_overwrite<std::byte[]>(bytes.size())), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), bytes.size());
  }
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_;
};

/// Calls f(block) for every proper beginning of `bytes`.
template <class F>
void for_each_cut(std::span<const std::byte> bytes, F f) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const ExactBlock block(bytes.first(size));
    f(block.bytes());
  }
}

/// A captured frame without its length prefix, which has to be right.
inline spop::FrameBytes without_prefix(const Bytes& frame) {
  return spop::FrameBytes(frame).subspan(spop::length_prefix_size);
}

// The session captured from HAProxy 2.6.12: HELLO, answer, NOTIFY, ACK, and the DISCONNECT after
// `timeout idle`; and the HELLO of a health check, the same on 2.6.12 and 3.4.0.
inline const Bytes captured_haproxy_hello = from_hex(
    "00 00 00 81 01 00 00 00 01 00 00"
    "12 73 75 70 70 6f 72 74 65 64 2d 76 65 72 73 69 6f 6e 73 08 03 32 2e 30"
    "0e 6d 61 78 2d 66 72 61 6d 65 2d 73 69 7a 65 03 fc f0 06"
    "0c 63 61 70 61 62 69 6c 69 74 69 65 73"
    "08 10 70 69 70 65 6c 69 6e 69 6e 67 2c 61 73 79 6e 63"
    "09 65 6e 67 69 6e 65 2d 69 64 08 24 62 66 61 38 32 35 33 31 2d 66 66 37 32 2d 34 37 38 31 2d"
    "61 35 36 62 2d 31 38 63 35 39 65 33 39 65 31 31 33");
inline const Bytes captured_healthcheck_hello = from_hex(
    "00 00 00 4e 01 00 00 00 01 00 00"
    "12 73 75 70 70 6f 72 74 65 64 2d 76 65 72 73 69 6f 6e 73 08 03 32 2e 30"
    "0e 6d 61 78 2d 66 72 61 6d 65 2d 73 69 7a 65 03 fc f0 06"
    "0c 63 61 70 61 62 69 6c 69 74 69 65 73 08 00 0b 68 65 61 6c 74 68 63 68 65 63 6b 11");
inline const Bytes captured_agent_hello = from_hex(
    "00 00 00 40 65 00 00 00 01 00 00"
    "07 76 65 72 73 69 6f 6e 08 03 32 2e 30"
    "0e 6d 61 78 2d 66 72 61 6d 65 2d 73 69 7a 65 03 fc f0 06"
    "0c 63 61 70 61 62 69 6c 69 74 69 65 73 08 0a 70 69 70 65 6c 69 6e 69 6e 67");
inline const Bytes captured_notify = from_hex(
    "00 00 00 4c 03 00 00 00 01 00 01"
    "0b 61 63 6d 65 2d 6c 6f 6f 6b 75 70 02"
    "04 68 6f 73 74 08 0b 65 78 61 6d 70 6c 65 2e 6f 72 67"
    "04 70 61 74 68 08 1f 2f 2e 77 65 6c 6c 2d 6b 6e 6f 77 6e 2f 61 63 6d 65 2d 63 68 61 6c 6c 65"
    "6e 67 65 2f 74 6f 6b");
inline const Bytes captured_ack = from_hex(
    "00 00 00 27 67 00 00 00 01 00 01"
    "01 03 02 05 66 6f 75 6e 64 11"
    "01 03 02 07 6b 65 79 61 75 74 68 08 09 74 6f 6b 2e 74 68 75 6d 62");
inline const Bytes captured_haproxy_disconnect = from_hex(
    "00 00 00 31 02 00 00 00 01 00 00"
    "0b 73 74 61 74 75 73 2d 63 6f 64 65 03 02"
    "07 6d 65 73 73 61 67 65 08 12 61 20 74 69 6d 65 6f 75 74 20 6f 63 63 75 72 72 65 64");

}  // namespace spop_tests
