#include "agent/store/store_error.h"

namespace agent {

std::string_view to_string(StoreErrc code) {
  switch (code) {
    case StoreErrc::busy: return "busy";
    case StoreErrc::disk_full: return "disk full";
    case StoreErrc::read_only: return "read only";
    case StoreErrc::io: return "I/O error";
    case StoreErrc::corrupt: return "corrupt";
    case StoreErrc::newer_schema: return "newer schema";
    case StoreErrc::not_found: return "not found";
    case StoreErrc::gone: return "gone";
    case StoreErrc::conflict: return "conflict";
    case StoreErrc::wrong_key: return "wrong key";
  }
  return "unknown";
}

}  // namespace agent
