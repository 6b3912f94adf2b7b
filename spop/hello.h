#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "spop/byte_buffer.h"
#include "spop/frame.h"

namespace spop {

/// The only version there is, and the only capability we announce: `async` would make HAProxy wait
/// for ACKs that a lost connection swallowed, `fragmentation` makes 3.0 and older send fragments.
inline constexpr std::string_view protocol_version = "2.0";
inline constexpr std::string_view capability_pipelining = "pipelining";

/// The first frame on a connection (SPOE.txt §3.2.4). Strings are views of the frame.
struct HaproxyHello {
  std::string_view supported_versions;  ///< comma-separated, blanks allowed
  std::uint64_t max_frame_size = 0;     ///< the largest frame HAProxy accepts; without the prefix
  std::string_view capabilities;        ///< comma-separated; empty in a health check
  std::string_view engine_id;           ///< empty in a health check
  bool healthcheck = false;
  friend bool operator==(const HaproxyHello&, const HaproxyHello&) = default;
};

/// What the agent answers (SPOE.txt §3.2.5).
struct AgentHello {
  std::string_view version = protocol_version;
  std::uint64_t max_frame_size = 0;
  std::string_view capabilities = capability_pipelining;
  friend bool operator==(const AgentHello&, const AgentHello&) = default;
};

/// Unknown keys are skipped, of a key that comes twice the last counts, missing capabilities are
/// none. REQUIRES: the frame's type is right.
/// Errors: invalid_frame, fragmentation_not_supported, no_version, no_max_frame_size.
base::Result<HaproxyHello> parse_haproxy_hello(const Frame& frame);
base::Result<AgentHello> parse_agent_hello(const Frame& frame);

/// One whole frame each. Empty strings of HaproxyHello other than capabilities are left out, and so
/// is a false healthcheck.
void encode_haproxy_hello(const HaproxyHello& hello, ByteBuffer& output);
void encode_agent_hello(const AgentHello& hello, ByteBuffer& output);

/// What to answer: HAProxy's max-frame-size, or ours if that is smaller.
/// Errors: bad_version, bad_max_frame_size.
base::Result<AgentHello> negotiate(const HaproxyHello& hello, std::uint64_t our_max_frame_size);

/// Whether HAProxy may accept this answer to its hello. Errors as negotiate().
base::Result<void> check_agent_hello(const AgentHello& answer, const HaproxyHello& hello);

}  // namespace spop
