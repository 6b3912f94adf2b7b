#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "spop/action.h"
#include "spop/byte_buffer.h"
#include "spop/typed_data.h"

namespace spop {

/// Writes the actions of an ACK straight into a buffer (SPOE.txt §3.4). HAProxy carries them out in
/// order.
///
/// Names are bare: HAProxy puts `<scope>.<var-prefix>.` in front. It drops, without a word, a name
/// with other characters than `A-Z a-z 0-9 . _`, or longer than 63 bytes all in all.
///
/// An action that does not fit below the limit is not written and sets overflowed(); a connection
/// then sends a harmless ACK instead, never a truncated one.
class ActionWriter {
 public:
  /// Appends to `output`, `limit` bytes at most. REQUIRES: output outlives the writer, and nobody
  /// else writes to it meanwhile.
  explicit ActionWriter(ByteBuffer& output, std::size_t limit = SIZE_MAX)
      : output_(output), begin_(output.size()), limit_(limit) {}
  ActionWriter(const ActionWriter&) = delete;
  ActionWriter& operator=(const ActionWriter&) = delete;

  void set_var(Scope scope, std::string_view name, const TypedData& value);
  void set_var(Scope scope, std::string_view name, std::string_view value) {
    set_var(scope, name, TypedData::string(value));
  }
  template <std::same_as<bool> Bool>  // so that a pointer does not become a bool
  void set_var(Scope scope, std::string_view name, Bool value) {
    set_var(scope, name, TypedData::boolean(value));
  }
  template <std::signed_integral Integer>
  void set_var(Scope scope, std::string_view name, Integer value) {
    set_var(scope, name, TypedData::int64(value));
  }
  /// A string of `size` bytes that the caller writes to where this points, before it does anything
  /// else; nullptr if the action does not fit.
  std::byte* set_string(Scope scope, std::string_view name, std::size_t size);
  void unset_var(Scope scope, std::string_view name);
  /// Actions that a writer has encoded before. REQUIRES: whole actions.
  void append(std::span<const std::byte> actions);

  std::size_t size() const { return output_.size() - begin_; }  ///< in bytes
  bool empty() const { return size() == 0; }
  bool overflowed() const { return overflowed_; }

 private:
  /// Space for `size` more bytes, or nullptr and overflowed().
  std::byte* claim(std::size_t size);

  ByteBuffer& output_;
  std::size_t begin_;
  std::size_t limit_;
  bool overflowed_ = false;
};

}  // namespace spop
