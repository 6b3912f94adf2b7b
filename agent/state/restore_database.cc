#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <msgpack.hpp>

#include "agent/files/msgpack_objects.h"
#include "agent/state/backup.h"
#include "agent/state/backup_format.h"
#include "agent/store/migrations.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

using namespace backup;

base::Unexpected<StoreError> refuse(StoreErrc code, const std::string& path, const char* why) {
  return base::Unexpected(StoreError{code, path + ": " + why});
}

base::Unexpected<StoreError> refuse_damaged(const std::string& path) {
  return refuse(StoreErrc::corrupt, path, "this export is damaged or cut off");
}

base::Unexpected<StoreError> io_error(const std::string& path, int error) {
  return base::Unexpected(
      StoreError{StoreErrc::io, path + ": " + std::generic_category().message(error)});
}

/// The bytes of a file, as long as it lives.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
      error_ = errno;
    } else if (status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (data_ == MAP_FAILED) error_ = errno;
    }
    if (fd >= 0) ::close(fd);
  }
  ~MappedFile() {
    if (data_ != nullptr && data_ != MAP_FAILED) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  int error() const { return error_; }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  int error_ = 0;
};

/// Throws std::exception if it is something else.
std::uint64_t number_of(const msgpack::object& object) {
  return object.as<std::uint64_t>();
}

/// One object after the other, with their texts where they are.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return offset_ == bytes_.size(); }
  const msgpack::object& next() {
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    handle_ = msgpack::unpack(bytes_.data(), bytes_.size(), offset_, refer);
    return handle_.get();
  }

 private:
  std::string_view bytes_;
  std::size_t offset_ = 0;
  msgpack::object_handle handle_;
};

bool is_whole(std::string_view file) {
  if (file.size() < trailer_size) return false;
  Digest digest;
  digest.add(file.substr(0, file.size() - trailer_size));
  return file.ends_with(digest.finish());
}

void bind_value(sqlite3_stmt* statement, int index, const msgpack::object& value) {
  switch (value.type) {
    case msgpack::type::NIL: sqlite3_bind_null(statement, index); return;
    case msgpack::type::POSITIVE_INTEGER:
    case msgpack::type::NEGATIVE_INTEGER:
      sqlite3_bind_int64(statement, index, value.as<std::int64_t>());
      return;
    case msgpack::type::FLOAT64: sqlite3_bind_double(statement, index, value.as<double>()); return;
    case msgpack::type::STR:
      sqlite3_bind_text64(
          statement, index, value.via.str.ptr, value.via.str.size, SQLITE_STATIC, SQLITE_UTF8);
      return;
    case msgpack::type::BIN:
      sqlite3_bind_blob64(statement, index, value.via.bin.ptr, value.via.bin.size, SQLITE_STATIC);
      return;
    default: throw msgpack::type_error();
  }
}

std::string insertion(const std::string& table, std::span<const msgpack::object> columns) {
  std::string names;
  std::string places;
  for (const msgpack::object& column : columns) {
    names += (names.empty() ? "" : ", ") + sql_name(text_of(column));
    places += places.empty() ? "?" : ", ?";
  }
  return "INSERT INTO " + sql_name(table) + " (" + names + ") VALUES (" + places + ")";
}

/// Returns how many rows there are. What a migration has put there gives way.
std::uint64_t restore_table(sqlite::Connection& database,
                            const std::string& table,
                            const msgpack::object& head,
                            Input& input) {
  const auto members = array_of(head);
  const auto columns = array_of(members[2]);
  const std::uint64_t rows = number_of(members[3]);
  const std::size_t width = columns.size();
  const Statement insert = prepare(database, insertion(table, columns));
  const Statement clear = prepare(database, "DELETE FROM " + sql_name(table));
  if (!insert || !clear) return 0;
  step(database, clear.get());
  for (std::uint64_t i = 0; i < rows && !database.has_failed(); ++i) {
    const auto row = array_of(input.next());
    if (row.size() != width) throw msgpack::type_error();
    for (std::size_t column = 0; column < width; ++column) {
      bind_value(insert.get(), static_cast<int>(column) + 1, row[column]);
    }
    step(database, insert.get());
    sqlite3_reset(insert.get());
  }
  return rows;
}

BackupCounts restore_tables(sqlite::Connection& database, Input& input) {
  BackupCounts counts;
  while (!input.at_end() && !database.has_failed()) {
    const msgpack::object& head = input.next();
    const auto members = array_of(head);
    if (members.size() != 4 || text_of(members[0]) != table_word) throw msgpack::type_error();
    const std::string table(text_of(members[1]));
    const std::uint64_t rows = restore_table(database, table, head, input);
    counts.rows += rows;
    if (table == "hostnames") counts.hostnames = rows;
    if (table == "certificates") counts.certificates = rows;
  }
  return counts;
}

/// The schema that an export was made with.
StoreResult<int> read_header(Input& input, const std::string& path) {
  try {
    const auto header = array_of(input.next());
    if (header.size() != 4 || text_of(header[0]) != file_mark) throw msgpack::type_error();
    const std::uint64_t schema = number_of(header[2]);
    if (number_of(header[1]) == file_version && schema > 0 &&
        schema <= static_cast<std::uint64_t>(newest_schema())) {
      return static_cast<int>(schema);
    }
    return refuse(
        StoreErrc::newer_schema, path, "a newer release has written this export; use that one");
  } catch (const std::exception&) {
    return refuse(StoreErrc::corrupt, path, "this is no export of acme-spoa");
  }
}

/// Into a database without rows.
StoreResult<BackupCounts> fill(sqlite::Connection& database,
                               int schema,
                               Input& input,
                               const std::string& path) {
  if (auto migrated = migrate(database, schema); !migrated) {
    return base::Unexpected(migrated.error());
  }
  database.execute("PRAGMA foreign_keys = OFF");  // the tables come in the order of their names
  sqlite::Transaction transaction(database, sqlite::Transaction::Kind::write);
  try {
    const BackupCounts counts = restore_tables(database, input);
    const Statement orphans = prepare(database, "PRAGMA foreign_key_check");
    const bool is_torn = orphans && step(database, orphans.get());
    if (is_torn) return refuse_damaged(path);
    return transaction.finish(counts);
  } catch (const std::exception&) {  // msgpack reports what it cannot read by exceptions
    return refuse_damaged(path);
  }
}

/// The file that becomes the database once it is whole.
class NewDatabase {
 public:
  explicit NewDatabase(const std::string& path) : path_(path), temporary_(path + ".restore") {
    clean_up();
  }
  ~NewDatabase() { clean_up(); }
  NewDatabase(const NewDatabase&) = delete;
  NewDatabase& operator=(const NewDatabase&) = delete;

  const std::string& temporary() const { return temporary_; }

  /// REQUIRES: nobody has it open.
  StoreResult<void> move_into_place() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return io_error(path_, errno);
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return io_error(folder, errno);
    const int synced = ::fsync(fd);
    const int error = errno;
    ::close(fd);
    if (synced != 0) return io_error(folder, error);
    return {};
  }

 private:
  void clean_up() const {
    for (const char* end : {"", "-wal", "-shm"}) ::unlink((temporary_ + end).c_str());
  }

  std::string path_;
  std::string temporary_;
};

}  // namespace

StoreResult<BackupCounts> restore_database(const std::string& file,
                                           const std::string& database,
                                           const Sealer& sealer) {
  std::error_code ignored;
  if (std::filesystem::exists(database, ignored)) {
    return refuse(StoreErrc::conflict,
                  database,
                  "there is a database already; move it away if it is to be replaced");
  }
  const MappedFile mapped(file);
  if (mapped.error() != 0) return io_error(file, mapped.error());
  Input header(mapped.bytes());
  const StoreResult<int> schema = read_header(header, file);
  if (!schema) return base::Unexpected(schema.error());
  if (!is_whole(mapped.bytes())) return refuse_damaged(file);

  NewDatabase target(database);
  auto connection = sqlite::Connection::open(target.temporary());
  if (!connection) return base::Unexpected(connection.error());
  Input input(mapped.bytes().substr(0, mapped.bytes().size() - trailer_size));
  input.next();  // the header again
  const auto counts = fill(**connection, *schema, input, file);
  if (!counts) return counts;
  // Migrates it, looks whether the key is the one, and closes it, which empties its WAL.
  if (const auto opened = SqliteStore::open(std::move(*connection), sealer); !opened) {
    return base::Unexpected(opened.error());
  }
  if (const auto moved = target.move_into_place(); !moved) return base::Unexpected(moved.error());
  return counts;
}

}  // namespace agent
