#include "agent/store/sqlite.h"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace agent::sqlite {
namespace {

/// What a statement waits for another process that writes, say a backup.
constexpr int busy_timeout_ms = 5000;

StoreErrc to_errc(int primary) {
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return StoreErrc::busy;
    case SQLITE_FULL: return StoreErrc::disk_full;
    case SQLITE_READONLY:
    case SQLITE_PERM: return StoreErrc::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return StoreErrc::corrupt;
    case SQLITE_CONSTRAINT: return StoreErrc::conflict;
    default: return StoreErrc::io;  // SQLite's numbers, not an enumeration of ours
  }
}

const char* advice(StoreErrc code) {
  switch (code) {
    case StoreErrc::busy: return "; another process is using it";
    case StoreErrc::disk_full: return "; nothing was written: make room on its disk";
    case StoreErrc::read_only:
      return "; file, folder and file system must be writable for the agent's user";
    case StoreErrc::corrupt: return "; restore it from a backup";
    case StoreErrc::io:
    case StoreErrc::newer_schema:
    case StoreErrc::not_found:
    case StoreErrc::gone:
    case StoreErrc::conflict:
    case StoreErrc::wrong_key: return "";
  }
  return "";
}

StoreError make_error(int extended, const std::string& message, const std::string& path) {
  const StoreErrc code = to_errc(extended & 0xff);
  return {code, "database " + path + ": " + message + advice(code)};
}

/// SQLite would create the file with the umask's mode; nobody else is to read it at any instant.
StoreResult<void> create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const std::error_code ec(errno, std::generic_category());
  if (ec == std::errc::file_exists) return {};
  const bool denied = ec == std::errc::read_only_file_system || ec == std::errc::permission_denied;
  return base::Unexpected(StoreError{denied ? StoreErrc::read_only : StoreErrc::io,
                                     "database " + path + ": cannot be created: " + ec.message()});
}

}  // namespace

StoreResult<std::unique_ptr<Connection>> Connection::open(const std::string& path) {
  if (StoreResult<void> created = create_private(path); !created) {
    return base::Unexpected(created.error());
  }
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> database(new Connection(path, handle));
  if (code != SQLITE_OK) return base::Unexpected(make_error(code, sqlite3_errmsg(handle), path));
  sqlite3_extended_result_codes(handle, 1);
  // Else a statement is compiled anew for each value that is compared with a partial index's.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  if (sqlite3_db_readonly(handle, "main") == 1) {
    return base::Unexpected(make_error(SQLITE_READONLY, "cannot be written", path));
  }
  // 64 MiB of cache, and as much WAL before it is copied back: a large import touches the same
  // pages of its indexes again and again. journal_size_limit cuts a longer WAL back afterwards.
  database->execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;"
      "PRAGMA journal_size_limit = 67108864;"
      "PRAGMA temp_store = MEMORY;");
  if (database->error_) return base::Unexpected(*database->error_);
  return database;
}

Connection::~Connection() = default;

void Connection::execute(const char* statements) {
  if (error_) return;
  if (sqlite3_exec(handle(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail_with_last_error();
  }
}

void Connection::execute_anyway(const char* statements) {
  sqlite3_exec(handle(), statements, nullptr, nullptr, nullptr);
}

void Connection::fail(StoreError error) {
  if (!error_) error_ = std::move(error);
}

void Connection::fail_with_last_error() {
  fail(make_error(sqlite3_extended_errcode(handle()), sqlite3_errmsg(handle()), path_));
}

Connection::Cached* Connection::prepare(std::string_view sql) {
  if (error_) return nullptr;
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle(),
                           sql.data(),
                           static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT,
                           &statement,
                           nullptr) != SQLITE_OK) {
      fail_with_last_error();
      return nullptr;
    }
    found = statements_.emplace(sql, Cached{}).first;
    found->second.statement.reset(statement);
  }
  Cached& cached = found->second;
  if (cached.in_use) throw std::logic_error("statement used within itself: " + found->first);
  cached.in_use = true;
  return &cached;
}

Query::~Query() {
  if (cached_ == nullptr) return;
  sqlite3_reset(statement());  // repeats the error of the last step, which is noted already
  sqlite3_clear_bindings(statement());
  cached_->in_use = false;
}

bool Query::next() {
  if (database_.has_failed()) return false;
  const int code = sqlite3_step(statement());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail_with_last_error();
  return false;
}

std::size_t Query::run() {
  while (next()) {
  }
  return database_.has_failed() ? 0 : static_cast<std::size_t>(sqlite3_changes(database_.handle()));
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement(), column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement(), column);
}

std::string_view Query::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement(), column));
  const int size = sqlite3_column_bytes(statement(), column);
  return bytes == nullptr ? std::string_view{}
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

base::WallTime Query::time(int column) const {
  return base::WallTime(std::chrono::milliseconds(integer(column)));
}

std::optional<base::WallTime> Query::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

void Query::fail_as_corrupt() const {
  database_.fail(make_error(SQLITE_CORRUPT, "a value is out of range", database_.path()));
}

void Query::check(int code) {
  if (code != SQLITE_OK) database_.fail_with_last_error();
}

void Query::bind(int index, std::int64_t value) {
  if (cached_ != nullptr) check(sqlite3_bind_int64(statement(), index, value));
}

void Query::bind(int index, std::string_view value) {
  // A null pointer would bind NULL: an empty view may have one.
  const char* text = value.data() == nullptr ? "" : value.data();
  if (cached_ != nullptr) {
    check(
        sqlite3_bind_text64(statement(), index, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
}

void Query::bind(int index, Blob value) {
  const char* bytes = value.bytes.data() == nullptr ? "" : value.bytes.data();
  if (cached_ != nullptr) {
    check(sqlite3_bind_blob64(statement(), index, bytes, value.bytes.size(), SQLITE_TRANSIENT));
  }
}

void Query::bind(int index, std::nullopt_t) {
  if (cached_ != nullptr) check(sqlite3_bind_null(statement(), index));
}

Transaction::Transaction(Connection& database, Kind kind)
    : database_(database), is_savepoint_(database.in_transaction_) {
  if (is_savepoint_) {
    // SAVEPOINT outside a transaction would begin one of its own.
    database_.error_ = database_.lost_;
    database_.execute("SAVEPOINT call");
    return;
  }
  database_.in_transaction_ = true;
  database_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
  database_.lost_ = database_.error_;
}

Transaction::~Transaction() {
  if (open_) end(End::roll_back);
}

StoreResult<void> Transaction::finish() {
  if (std::optional<StoreError> error = end(End::commit)) {
    return base::Unexpected(*std::move(error));
  }
  return {};
}

base::Unexpected<StoreError> Transaction::give_up(StoreError error) {
  database_.fail(std::move(error));
  return base::Unexpected(*end(End::roll_back));
}

std::optional<StoreError> Transaction::end(End how) {
  open_ = false;
  is_savepoint_ ? end_savepoint(how) : end_outermost(how);
  std::optional<StoreError> error;
  std::swap(error, database_.error_);
  return error;
}

void Transaction::end_savepoint(End how) {
  if (how == End::commit) database_.execute("RELEASE call");
  if (how == End::commit && !database_.error_) return;
  if (database_.is_in_transaction()) {
    database_.execute_anyway("ROLLBACK TO call; RELEASE call");
  } else if (!database_.lost_) {
    database_.lost_ = database_.error_;  // SQLite rolled everything back, as when the disk is full
  }
}

void Transaction::end_outermost(End how) {
  if (database_.lost_) database_.fail(*database_.lost_);
  if (how == End::commit) database_.execute("COMMIT");
  if (database_.is_in_transaction()) database_.execute_anyway("ROLLBACK");
  database_.in_transaction_ = false;
  database_.lost_.reset();
}

}  // namespace agent::sqlite
