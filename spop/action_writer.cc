#include "spop/action_writer.h"

#include <cstring>

#include "spop/action.h"
#include "spop/encode.h"

namespace spop {

std::byte* ActionWriter::claim(std::size_t size) {
  if (size > limit_ - this->size()) {
    overflowed_ = true;
    return nullptr;
  }
  return output_.prepare(size);
}

void ActionWriter::set_var(Scope scope, std::string_view name, const TypedData& value) {
  const std::size_t size = action_header_size + string_size(name) + typed_data_size(value);
  std::byte* out = claim(size);
  if (out == nullptr) return;
  *out++ = static_cast<std::byte>(ActionType::set_var);
  *out++ = std::byte{set_var_arguments};
  *out++ = static_cast<std::byte>(scope);
  encode_typed_data(value, encode_string(name, out));
  output_.commit(size);
}

std::byte* ActionWriter::set_string(Scope scope, std::string_view name, std::size_t size) {
  const std::size_t head = action_header_size + string_size(name) + 1 + varint_size(size);
  std::byte* out = claim(head + size);
  if (out == nullptr) return nullptr;
  *out++ = static_cast<std::byte>(ActionType::set_var);
  *out++ = std::byte{set_var_arguments};
  *out++ = static_cast<std::byte>(scope);
  out = encode_string(name, out);
  *out++ = static_cast<std::byte>(DataType::string);
  output_.commit(head + size);
  return encode_varint(size, out);
}

void ActionWriter::unset_var(Scope scope, std::string_view name) {
  const std::size_t size = action_header_size + string_size(name);
  std::byte* out = claim(size);
  if (out == nullptr) return;
  *out++ = static_cast<std::byte>(ActionType::unset_var);
  *out++ = std::byte{unset_var_arguments};
  *out++ = static_cast<std::byte>(scope);
  encode_string(name, out);
  output_.commit(size);
}

void ActionWriter::append(std::span<const std::byte> actions) {
  std::byte* out = claim(actions.size());
  if (out == nullptr || actions.empty()) return;
  std::memcpy(out, actions.data(), actions.size());
  output_.commit(actions.size());
}

}  // namespace spop
