#pragma once

#include <memory>
#include <string>

#include "agent/state/backup.h"
#include "agent/store/sealer.h"
#include "agent/store/store.h"
#include "base/random.h"
#include "base/result.h"

namespace agent {

/// The database and the key that its secrets are sealed with.
struct OpenedStore {
  std::unique_ptr<Sealer> sealer;  ///< outlives the store
  std::unique_ptr<Store> store;
};

/// The folder with everything that a restart needs. One daemon at a time has it.
class StateDirectory {
 public:
  /// Makes the folder (0700) if it is missing, and takes its lock. The error is a sentence: another
  /// daemon has it, or it cannot be made.
  static base::Result<std::unique_ptr<StateDirectory>, std::string> open(std::string path);
  /// Its files, whether they are there or not.
  static std::string database_in(const std::string& path) { return path + "/acme-spoa.sqlite"; }
  static std::string key_in(const std::string& path) { return path + "/key-encryption.key"; }
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  /// Blocks: opens key and database, both made at the first start, and migrates the schema.
  StoreResult<OpenedStore> open_store(base::Random& random) const;
  /// Blocks: makes the database from an export, see restore_database(). The key that sealed what is
  /// in it has to be there already; not_found if it is not.
  StoreResult<BackupCounts> restore(const std::string& file, base::Random& random) const;
  std::string lookup_snapshot() const { return path_ + "/lookup.snapshot"; }

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;  ///< file descriptor that holds the lock
};

}  // namespace agent
