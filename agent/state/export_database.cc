#include <filesystem>
#include <system_error>
#include <vector>

#include <msgpack.hpp>

#include "agent/state/backup.h"
#include "agent/state/backup_format.h"

namespace agent {
namespace {

using namespace backup;

constexpr std::size_t piece_size = std::size_t{64} * 1024;  // of what the sink gets at a time

/// What msgpack writes to.
class Output {
 public:
  explicit Output(const BackupSink& sink) : sink_(sink) {}

  void write(const char* data, std::size_t size) {
    pending_.append(data, size);
    if (pending_.size() >= piece_size) pass();
  }

  /// The last object, which the hash in it is not of.
  void finish(std::uint64_t rows) {
    pass();
    msgpack::packer<Output> packer(*this);
    const std::string digest = digest_.finish();
    packer.pack_array(3).pack(end_word).pack_fix_uint64(rows);
    packer.pack_bin(digest_size).pack_bin_body(digest.data(), digest_size);
    sink_(pending_);
    pending_.clear();
  }

 private:
  void pass() {
    digest_.add(pending_);
    sink_(pending_);
    pending_.clear();
  }

  const BackupSink& sink_;
  Digest digest_;
  std::string pending_;
};

using Packer = msgpack::packer<Output>;

void pack_value(Packer& packer, sqlite3_stmt* row, int column) {
  const auto size = static_cast<std::uint32_t>(sqlite3_column_bytes(row, column));
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: packer.pack(std::int64_t{sqlite3_column_int64(row, column)}); return;
    case SQLITE_FLOAT: packer.pack(sqlite3_column_double(row, column)); return;
    case SQLITE_TEXT:
      packer.pack_str(size).pack_str_body(
          reinterpret_cast<const char*>(sqlite3_column_text(row, column)), size);
      return;
    case SQLITE_BLOB:
      packer.pack_bin(size).pack_bin_body(
          static_cast<const char*>(sqlite3_column_blob(row, column)), size);
      return;
    default: packer.pack_nil(); return;
  }
}

void write_header(sqlite::Connection& database, std::string_view release, Packer& packer) {
  sqlite::Query schema(database, "PRAGMA user_version");
  packer.pack_array(4).pack(file_mark).pack(file_version);
  packer.pack(schema.next() ? schema.integer(0) : 0).pack(release);
}

/// What SQLite counts rows with comes last: it takes part in adding the others.
std::vector<std::string> tables_of(sqlite::Connection& database) {
  sqlite::Query rows(database,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' "
                     "AND (name NOT LIKE 'sqlite~_%' ESCAPE '~' OR name = 'sqlite_sequence') "
                     "ORDER BY name = 'sqlite_sequence', name");
  std::vector<std::string> tables;
  while (rows.next()) tables.emplace_back(rows.text(0));
  return tables;
}

std::uint64_t count_rows(sqlite::Connection& database, const std::string& table) {
  const Statement count = prepare(database, "SELECT count(*) FROM " + sql_name(table));
  if (!count || !step(database, count.get())) return 0;
  return static_cast<std::uint64_t>(sqlite3_column_int64(count.get(), 0));
}

/// Returns how many rows it has.
std::uint64_t write_table(sqlite::Connection& database, const std::string& table, Packer& packer) {
  const std::uint64_t count = count_rows(database, table);
  const Statement rows = prepare(database, "SELECT * FROM " + sql_name(table));
  if (!rows) return 0;
  const int columns = sqlite3_column_count(rows.get());
  packer.pack_array(4).pack(table_word).pack(table);
  packer.pack_array(static_cast<std::uint32_t>(columns));
  for (int i = 0; i < columns; ++i) {
    packer.pack(std::string_view(sqlite3_column_name(rows.get(), i)));
  }
  packer.pack(count);
  while (step(database, rows.get())) {
    packer.pack_array(static_cast<std::uint32_t>(columns));
    for (int i = 0; i < columns; ++i) pack_value(packer, rows.get(), i);
  }
  return count;
}

}  // namespace

StoreResult<BackupCounts> export_database(const std::string& database,
                                          std::string_view release,
                                          const BackupSink& sink) {
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored)) {
    return base::Unexpected(StoreError{StoreErrc::not_found, database + ": there is no database"});
  }
  const auto connection = sqlite::Connection::open(database);
  if (!connection) return base::Unexpected(connection.error());
  sqlite::Transaction transaction(**connection, sqlite::Transaction::Kind::read);
  Output output(sink);
  Packer packer(output);
  write_header(**connection, release, packer);
  BackupCounts counts;
  for (const std::string& table : tables_of(**connection)) {
    const std::uint64_t rows = write_table(**connection, table, packer);
    counts.rows += rows;
    if (table == "hostnames") counts.hostnames = rows;
    if (table == "certificates") counts.certificates = rows;
  }
  output.finish(counts.rows);
  return transaction.finish(counts);
}

}  // namespace agent
