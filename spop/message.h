#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/strong.h"
#include "spop/typed_data.h"

namespace spop {

/// SPOE.txt §3.2. Opaque: they may be zero, may repeat, and have gaps. An ACK repeats both.
using StreamId = base::Strong<struct StreamIdTag, std::uint64_t>;
using FrameId = base::Strong<struct FrameIdTag, std::uint64_t>;

/// Whether they are equal, without a call: every frame asks for some names.
template <std::size_t size>
bool equals(std::string_view text, const char (&literal)[size]) {
  return text.size() == size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

/// One argument of a message, in the order of the configuration's `args` line.
struct ArgumentView {
  std::string_view name;  ///< empty for an unnamed argument
  TypedData value;        ///< NULL if HAProxy had no such sample
  friend bool operator==(const ArgumentView&, const ArgumentView&) = default;
};

/// One message of a NOTIFY (SPOE.txt §3.2.6).
struct MessageView {
  std::string_view name;
  std::span<const ArgumentView> arguments;

  /// The value of the first argument of that name; NULL if there is none.
  template <std::size_t size>
  TypedData argument(const char (&argument_name)[size]) const {
    for (const ArgumentView& each : arguments) {
      if (equals(each.name, argument_name)) return each.value;
    }
    return {};
  }
};

/// One NOTIFY, decoded. All views are of the connection's read buffer and of the worker's scratch
/// memory: they die when the call they were given to returns.
struct NotifyView {
  StreamId stream_id;
  FrameId frame_id;
  std::span<const MessageView> messages;  ///< several if bound to the same event or group
  /// The handler's own: what its prefetch() leaves here, its answer() finds.
  std::uint64_t hint = 0;
};

}  // namespace spop
