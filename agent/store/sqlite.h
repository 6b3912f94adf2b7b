#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/store/store_error.h"
#include "base/clock.h"
#include "base/strong.h"

namespace agent::sqlite {

/// One connection to an SQLite file, with its prepared statements and the first error of the
/// transaction under way. Errors stick: after one, every Query of that transaction does nothing and
/// has no rows, so that only the end of the transaction needs to look. One thread at a time. A
/// resource.
class Connection {
 public:
  /// Opens or creates the file (0600) and sets it up: WAL, synchronous=FULL, foreign keys. Errors:
  /// io, read_only, corrupt, busy.
  static StoreResult<std::unique_ptr<Connection>> open(const std::string& path);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_.get(); }

  /// Runs statements without parameters and rows; for pragmas and the schema.
  void execute(const char* statements);

  /// Notes an error of this transaction, if it is the first.
  void fail(StoreError error);
  bool has_failed() const { return error_.has_value(); }

 private:
  friend class Query;
  friend class Transaction;

  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Cached {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    bool in_use = false;
  };

  Connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  /// nullptr after an error.
  Cached* prepare(std::string_view sql);
  void fail_with_last_error();
  void execute_anyway(const char* statements);  ///< for clean-up: neither reads nor sets error_
  bool is_in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  // By the text. Values are parameters, so there are as many as the sources can spell.
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> statements_;
  std::optional<StoreError> error_;  ///< of the transaction under way
  bool in_transaction_ = false;      ///< a Transaction lives: the next one is a savepoint in it
  /// Why SQLite has given up the outermost transaction while it still lives here.
  std::optional<StoreError> lost_;
};

/// Bytes that are no text, as parameter of a Query.
struct Blob {
  std::string_view bytes;
};

/// One use of a prepared statement: its parameters are bound in the order of ?1, ?2, ...
class Query {
 public:
  template <class... Args>
  Query(Connection& database, std::string_view sql, const Args&... args)
      : database_(database), cached_(database.prepare(sql)) {
    int index = 0;
    (bind(++index, args), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// The next row; false at the end and after an error.
  bool next();
  /// To the end; how many rows were changed.
  std::size_t run();

  // Columns of the current row, from 0. REQUIRES: next() has returned true; a view lives until
  // the next call of next().
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  ///< of a blob likewise
  /// An enumeration stored as its number, counted from 0 or 1 up to `last`; anything else is
  /// `last`, and an error that sticks.
  template <class Enum>
  Enum enumerator(int column, Enum last) const {
    const std::int64_t number = integer(column);
    if (number >= 0 && number <= static_cast<std::int64_t>(last)) return static_cast<Enum>(number);
    fail_as_corrupt();
    return last;
  }
  base::WallTime time(int column) const;
  std::optional<base::WallTime> optional_time(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  void bind(int index, Blob value);
  void bind(int index, std::nullopt_t);
  void bind(int index, base::WallTime value) { bind(index, value.time_since_epoch().count()); }
  template <class Tag>
  void bind(int index, const base::Strong<Tag, std::int64_t>& value) {
    bind(index, value.value());
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, std::nullopt);
    }
  }
  sqlite3_stmt* statement() const { return cached_->statement.get(); }
  void check(int code);
  void fail_as_corrupt() const;

  Connection& database_;
  Connection::Cached* cached_;  ///< nullptr: the transaction has failed
};

/// From construction to finish(); what is not finished is rolled back. Inside another Transaction
/// it is a savepoint of that one.
class Transaction {
 public:
  enum class Kind { read, write };

  Transaction(Connection& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Commits. The error is the first of the transaction; then everything is rolled back.
  StoreResult<void> finish();
  /// The same, with what the caller is to get after success.
  template <class T>
  StoreResult<T> finish(T value) {
    if (StoreResult<void> done = finish(); !done) {
      return base::Unexpected(std::move(done.error()));
    }
    return value;
  }
  /// Rolls back because of `error`, or of an earlier one that sticks: that is the one returned.
  base::Unexpected<StoreError> give_up(StoreError error);

 private:
  enum class End { commit, roll_back };

  std::optional<StoreError> end(End how);
  void end_savepoint(End how);
  void end_outermost(End how);

  Connection& database_;
  bool is_savepoint_;
  bool open_ = true;
};

}  // namespace agent::sqlite
