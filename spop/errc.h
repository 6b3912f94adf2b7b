#pragma once

#include <system_error>

namespace spop {

/// The enumerator *is* the status-code sent in a DISCONNECT (SPOE.txt §3.5). Code 0, "normal", is
/// no error and therefore not here.
enum class Errc {
  io_error = 1,
  timeout = 2,
  frame_too_big = 3,
  invalid_frame = 4,
  no_version = 5,
  no_max_frame_size = 6,
  no_capabilities = 7,
  bad_version = 8,
  bad_max_frame_size = 9,
  fragmentation_not_supported = 10,
  interlaced_frames = 11,
  frame_id_not_found = 12,
  resource = 13,
  unknown = 99,
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), category()};
}

}  // namespace spop

template <>
struct std::is_error_code_enum<spop::Errc> : std::true_type {};
