#include "spop/encode.h"

namespace spop {

std::size_t typed_data_size(const TypedData& value) {
  switch (value.type()) {
    case DataType::null:
    case DataType::boolean: return 1;
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64: return 1 + varint_size(static_cast<std::uint64_t>(*value.as_int()));
    case DataType::ipv4:
    case DataType::ipv6: return 1 + value.bytes().size();
    case DataType::string:
    case DataType::binary: return 1 + varint_size(value.bytes().size()) + value.bytes().size();
  }
  return 1;  // only a reserved type, which no TypedData has
}

std::byte* encode_typed_data(const TypedData& value, std::byte* out) {
  constexpr auto true_flag = std::byte{0x10};
  *out = static_cast<std::byte>(value.type());
  switch (value.type()) {
    case DataType::null: return out + 1;
    case DataType::boolean:
      if (*value.as_bool()) *out |= true_flag;
      return out + 1;
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64:
      return encode_varint(static_cast<std::uint64_t>(*value.as_int()), out + 1);
    case DataType::ipv4:
    case DataType::ipv6:
      std::memcpy(out + 1, value.bytes().data(), value.bytes().size());
      return out + 1 + value.bytes().size();
    case DataType::string:
    case DataType::binary: {
      const auto bytes = value.bytes();
      return encode_string({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out + 1);
    }
  }
  return out + 1;
}

void encode_pair(std::string_view name, const TypedData& value, ByteBuffer& output) {
  const std::size_t size = string_size(name) + typed_data_size(value);
  encode_typed_data(value, encode_string(name, output.prepare(size)));
  output.commit(size);
}

void encode_message(const MessageView& message, ByteBuffer& output) {
  const std::size_t size = string_size(message.name) + 1;
  std::byte* const count = encode_string(message.name, output.prepare(size));
  *count = static_cast<std::byte>(message.arguments.size());
  output.commit(size);
  for (const ArgumentView& each : message.arguments) encode_pair(each.name, each.value, output);
}

}  // namespace spop
