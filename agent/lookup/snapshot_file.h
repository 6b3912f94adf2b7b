#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/lookup/hostname_index.h"
#include "agent/lookup/token_index.h"
#include "base/result.h"

namespace agent {

// The hot tables on disk, so that a restarted agent answers before it has seen its database.
//
// The file is a row of msgpack objects. The first is ["acme-spoa lookup", version, key], then come
// ["thumbprints", [text ...]], any number of ["tokens", entries] and ["hostnames", entries], and as
// the last one the checksum. `entries` is a binary of 16 bytes an entry, two little-endian words:
// the hash's higher one; the upper half of the lower one, above the value. The checksum is SipHash
// over all before it, in pieces of 64 KB, each with the checksum of the piece before as its key.
// It finds accidents; against people the file has its mode, 0600: it holds the key of the hashes.

enum class SnapshotErrc {
  not_found,      ///< no such file, as at the first start
  io,             ///< it cannot be read or written
  foreign,        ///< no snapshot at all
  newer_version,  ///< written by a newer release
  corrupt,        ///< damaged or cut short
};

struct SnapshotError {
  SnapshotErrc code = SnapshotErrc::io;
  std::string detail{};  ///< a sentence that begins with the path

  friend bool operator==(const SnapshotError&, const SnapshotError&) = default;
};

/// What a snapshot holds.
struct SnapshotSizes {
  std::size_t hostnames = 0;
  std::size_t tokens = 0;
  std::size_t bytes = 0;  ///< of the file

  friend bool operator==(const SnapshotSizes&, const SnapshotSizes&) = default;
};

/// Writes a temporary file beside `path`, fsyncs it, renames it and fsyncs the folder: whatever
/// happens, `path` is the old snapshot or the new one. Blocks; from any thread, while others read
/// and one writes, neither of whom it stops. An entry that changes meanwhile is saved as it was
/// before or after; all else is in the file exactly as it is. REQUIRES: the two have the same key,
/// and one call at a time a path. Errors: io.
base::Result<SnapshotSizes, SnapshotError> save_snapshot(const HostnameIndex& hostnames,
                                                         const TokenIndex& tokens,
                                                         const std::string& path);

/// Fills the two, and gives them the snapshot's key. Blocks. REQUIRES: both are empty and no other
/// thread uses them yet. After an error they are empty, with the key they had.
base::Result<SnapshotSizes, SnapshotError> load_snapshot(const std::string& path,
                                                         HostnameIndex& hostnames,
                                                         TokenIndex& tokens);

}  // namespace agent
