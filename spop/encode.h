#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "spop/byte_buffer.h"
#include "spop/message.h"
#include "spop/typed_data.h"
#include "spop/varint.h"

namespace spop {

/// What encode_string() writes.
constexpr std::size_t string_size(std::string_view text) {
  return varint_size(text.size()) + text.size();
}

/// A length and that many bytes. Returns the byte behind the last one written. REQUIRES:
/// string_size(text) bytes at `out`.
inline std::byte* encode_string(std::string_view text, std::byte* out) {
  out = encode_varint(text.size(), out);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// What encode_typed_data() writes.
std::size_t typed_data_size(const TypedData& value);

/// SPOE.txt §3.1: the type in the low nibble, flags in the high one. Returns the byte behind the
/// last one written. REQUIRES: typed_data_size(value) bytes at `out`.
std::byte* encode_typed_data(const TypedData& value, std::byte* out);

/// A name and a typed data: an entry of a HELLO's or DISCONNECT's KV-list, or an argument.
void encode_pair(std::string_view name, const TypedData& value, ByteBuffer& output);

/// One message of a NOTIFY: its name, the number of its arguments, the arguments. REQUIRES: 255
/// arguments at most.
void encode_message(const MessageView& message, ByteBuffer& output);

}  // namespace spop
