#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "spop/message.h"

namespace spop {

/// SPOE.txt §3.2. Other numbers can be received; such a frame is to be skipped.
enum class FrameType : std::uint8_t {
  unset = 0,  ///< continues a fragmented NOTIFY
  haproxy_hello = 1,
  haproxy_disconnect = 2,
  notify = 3,
  agent_hello = 101,
  agent_disconnect = 102,
  ack = 103,
};

inline constexpr std::uint32_t flag_fin = 1;    ///< not, or the last, fragment
inline constexpr std::uint32_t flag_abort = 2;  ///< gives up a fragmented NOTIFY

/// In front of every frame, big endian: how many bytes follow.
inline constexpr std::size_t length_prefix_size = 4;
/// Type, flags and two one-byte ids.
inline constexpr std::size_t min_frame_size = 7;
/// Type, flags and two ten-byte ids.
inline constexpr std::size_t max_frame_header_size = 25;
/// No peer may ask for less (SPOE.txt §3.2.4).
inline constexpr std::size_t min_max_frame_size = 256;

/// One whole frame without its length prefix.
using FrameBytes = std::span<const std::byte>;

/// A frame cut into its parts; the payload is a view of the FrameBytes.
struct Frame {
  FrameType type;
  std::uint32_t flags;
  StreamId stream_id;
  FrameId frame_id;
  std::span<const std::byte> payload;

  bool has_fin() const { return (flags & flag_fin) != 0; }
  /// As HELLO and DISCONNECT must have them.
  bool has_zero_ids() const { return stream_id.value() == 0 && frame_id.value() == 0; }
};

/// Error: invalid_frame.
base::Result<Frame> parse_frame(FrameBytes bytes);

}  // namespace spop
