#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

#include "base/result.h"
#include "spop/byte_buffer.h"
#include "spop/frame.h"

namespace spop {

inline constexpr std::uint64_t status_normal = 0;

/// The end of a connection, said by either side (SPOE.txt §3.2.8, §3.2.9).
struct Disconnect {
  std::uint64_t status_code = status_normal;  ///< or an Errc, or a number only the agent knows
  std::string_view message;                   ///< for people; a view of the frame
  friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

/// Unknown keys are skipped, missing ones leave what Disconnect has by default. REQUIRES: the frame
/// is a DISCONNECT. Errors: invalid_frame, fragmentation_not_supported.
base::Result<Disconnect> parse_disconnect(const Frame& frame);

/// One whole frame of type haproxy_disconnect or agent_disconnect. The message is cut after 255
/// bytes: HAProxy 2.6 drops the frame beyond.
void encode_disconnect(FrameType type, const Disconnect& disconnect, ByteBuffer& output);

/// The same for an Errc and its words; no error is "normal".
void encode_disconnect(FrameType type, std::error_code reason, ByteBuffer& output);

}  // namespace spop
