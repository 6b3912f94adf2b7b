#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace agent {

/// What went wrong, for machines.
enum class StoreErrc {
  busy = 1,      ///< another process holds the database; try again
  disk_full,     ///< nothing was written; works again once there is space
  read_only,     ///< the file, its folder or its file system cannot be written
  io,            ///< reading or writing the file failed, or it cannot be opened
  corrupt,       ///< no database, a damaged one, or sealed data that was tampered with
  newer_schema,  ///< written by a newer release
  not_found,     ///< no such row
  gone,          ///< the order was removed meanwhile, or the feed starts later
  conflict,      ///< against the state it is in, as a bundle path that is in use
  wrong_key,     ///< the key file is not the one that sealed the data, or cannot be used
};

std::string_view to_string(StoreErrc code);

/// Why a call to the store failed. Whatever it was, nothing of that call has been applied.
struct StoreError {
  StoreErrc code = StoreErrc::io;
  std::string detail{};  ///< a sentence with the path and, where a person can act, what to do

  friend bool operator==(const StoreError&, const StoreError&) = default;
};

template <class T>
using StoreResult = base::Result<T, StoreError>;

}  // namespace agent
