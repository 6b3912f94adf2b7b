#include "spop/errc.h"

#include <string>

namespace spop {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "spop"; }
  // HAProxy's own words, so that both logs say the same.
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::io_error: return "I/O error";
      case Errc::timeout: return "a timeout occurred";
      case Errc::frame_too_big: return "frame is too big";
      case Errc::invalid_frame: return "invalid frame received";
      case Errc::no_version: return "version value not found";
      case Errc::no_max_frame_size: return "max-frame-size value not found";
      case Errc::no_capabilities: return "capabilities value not found";
      case Errc::bad_version: return "unsupported version";
      case Errc::bad_max_frame_size: return "max-frame-size too big or too small";
      case Errc::fragmentation_not_supported: return "fragmentation not supported";
      case Errc::interlaced_frames: return "invalid interlaced frames";
      case Errc::frame_id_not_found: return "frame-id not found";
      case Errc::resource: return "resource allocation error";
      case Errc::unknown: return "an unknown error occurred";
    }
    return "status code " + std::to_string(code);
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

}  // namespace spop
