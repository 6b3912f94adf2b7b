#pragma once

#include <optional>
#include <span>

#include "spop/message.h"
#include "spop/reader.h"

namespace spop {

/// The payload of a HELLO or DISCONNECT: names and typed data until the payload ends (SPOE.txt
/// §3.1). Views are of the payload.
class KvList {
 public:
  explicit KvList(std::span<const std::byte> payload) : reader_(payload) {}

  /// The next entry; nullopt at the end, and after a failure.
  std::optional<ArgumentView> next() {
    if (failed() || reader_.at_end()) return std::nullopt;
    const std::string_view name = reader_.string();
    const TypedData value = reader_.typed_data();
    if (reader_.failed()) return std::nullopt;
    return ArgumentView{name, value};
  }

  /// The value of a key that has to have this type; a wrong one fails the list.
  template <class T>
  T expect(const std::optional<T>& value) {
    if (!value) wrong_type_ = true;
    return value.value_or(T{});
  }

  /// An entry was cut off, out of range, or of the wrong type.
  bool failed() const { return wrong_type_ || reader_.failed(); }

 private:
  Reader reader_;
  bool wrong_type_ = false;
};

}  // namespace spop
