#include "agent/state/state_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "agent/store/sqlite.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::string sentence(const std::string& path, const char* step, int error) {
  return std::string(step) + " " + path + ": " + std::generic_category().message(error);
}

/// Also on a file system that became read-only: the lock is then taken on the file that is there.
int open_lock_file(const std::string& path) {
  const int created = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return created >= 0 ? created : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace

base::Result<std::unique_ptr<StateDirectory>, std::string> StateDirectory::open(std::string path) {
  std::error_code parent;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), parent);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return base::Unexpected(sentence(path, "make folder", errno));
  }
  const std::string lock_path = path + "/lock";
  const int lock = open_lock_file(lock_path);
  if (lock < 0) return base::Unexpected(sentence(lock_path, "open", errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(lock);
    if (error != EWOULDBLOCK) return base::Unexpected(sentence(lock_path, "lock", error));
    return base::Unexpected<std::string>(path +
                                         ": another acme-spoa daemon uses this state directory");
  }
  return std::unique_ptr<StateDirectory>(new StateDirectory(std::move(path), lock));
}

StateDirectory::~StateDirectory() {
  ::close(lock_);
}

StoreResult<OpenedStore> StateDirectory::open_store(base::Random& random) const {
  auto sealer = Sealer::load_or_create(key_in(path_), random);
  if (!sealer) return base::Unexpected(sealer.error());
  auto connection = sqlite::Connection::open(database_in(path_));
  if (!connection) return base::Unexpected(connection.error());
  auto store = SqliteStore::open(std::move(*connection), **sealer);
  if (!store) return base::Unexpected(store.error());
  return OpenedStore{std::move(*sealer), std::move(*store)};
}

StoreResult<BackupCounts> StateDirectory::restore(const std::string& file,
                                                  base::Random& random) const {
  const std::string key = key_in(path_);
  std::error_code ignored;
  if (!std::filesystem::exists(key, ignored)) {
    return base::Unexpected(
        StoreError{StoreErrc::not_found,
                   key + ": is missing; put the file of that name there that belongs to the "
                         "export, its private keys are sealed with it"});
  }
  const auto sealer = Sealer::load_or_create(key, random);
  if (!sealer) return base::Unexpected(sealer.error());
  std::filesystem::remove(lookup_snapshot(), ignored);  // of another time
  return restore_database(file, database_in(path_), **sealer);
}

}  // namespace agent
