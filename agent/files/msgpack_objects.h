#pragma once

#include <span>
#include <string_view>

#include <msgpack.hpp>

namespace agent {

/// What an object of a msgpack file is, where it lies; msgpack::type_error if it is something else.

inline std::span<const msgpack::object> array_of(const msgpack::object& object) {
  if (object.type != msgpack::type::ARRAY) throw msgpack::type_error();
  return {object.via.array.ptr, object.via.array.size};
}

inline std::string_view text_of(const msgpack::object& object) {
  if (object.type != msgpack::type::STR) throw msgpack::type_error();
  return {object.via.str.ptr, object.via.str.size};
}

inline std::string_view binary_of(const msgpack::object& object) {
  if (object.type != msgpack::type::BIN) throw msgpack::type_error();
  return {object.via.bin.ptr, object.via.bin.size};
}

}  // namespace agent
