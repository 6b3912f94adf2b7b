#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/store/sealer.h"
#include "agent/store/store_error.h"

namespace agent {

/// What an export holds.
struct BackupCounts {
  std::uint64_t hostnames = 0;
  std::uint64_t certificates = 0;
  std::uint64_t rows = 0;  ///< of all tables
  friend bool operator==(const BackupCounts&, const BackupCounts&) = default;
};

/// Where an export goes, piece by piece.
using BackupSink = std::function<void(std::string_view)>;

/// All rows of a database, as they are at one instant; other processes go on reading and writing it
/// meanwhile. Blocks.
///
/// The export is a sequence of msgpack objects: `["acme-spoa export", 1, schema, release]`, for
/// each table `["table", name, [column…], rows]` and then so many `[value…]`, and in the end
/// `["end", rows, sha256]` of 48 bytes, where the hash is of all bytes before. What the database
/// has sealed stays sealed: without its key-encryption key nobody reads a private key in it.
///
/// Errors: not_found if there is no database, and those of SQLite.
StoreResult<BackupCounts> export_database(const std::string& database,
                                          std::string_view release,
                                          const BackupSink& sink);

/// Makes the database from the export in `file`, migrated to this release's schema; it is there
/// whole or not at all. Blocks. Errors: conflict if there is a database already, corrupt if the
/// file is no export or is damaged, newer_schema, wrong_key if `sealer` has another key than what
/// is in it, io, and those of SQLite.
StoreResult<BackupCounts> restore_database(const std::string& file,
                                           const std::string& database,
                                           const Sealer& sealer);

}  // namespace agent
