#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "agent/store/sqlite.h"

namespace agent::backup {

/// What writer and reader of an export have in common.

inline constexpr std::string_view file_mark = "acme-spoa export";
inline constexpr std::uint64_t file_version = 1;
inline constexpr std::string_view table_word = "table";
inline constexpr std::string_view end_word = "end";
inline constexpr std::size_t digest_size = 32;
/// Array of three, "end", a number of eight bytes, the digest.
inline constexpr std::size_t trailer_size = 1 + 4 + 9 + 2 + digest_size;

/// SHA-256 of what was added.
class Digest {
 public:
  Digest() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  /// REQUIRES: no call after it.
  std::string finish() {
    std::string digest(digest_size, '\0');
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

/// A statement whose columns are not known beforehand.
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

/// nullptr after an error, which sticks to the database.
inline Statement prepare(sqlite::Connection& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr);
  if (code != SQLITE_OK) {
    database.fail({StoreErrc::corrupt,
                   "database " + database.path() + ": " + sqlite3_errmsg(database.handle())});
  }
  return Statement(statement);
}

/// Whether there is another row; an error sticks to the database.
inline bool step(sqlite::Connection& database, sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    database.fail(
        {StoreErrc::io, "database " + database.path() + ": " + sqlite3_errmsg(database.handle())});
  }
  return code == SQLITE_ROW;
}

/// As a name in SQL.
inline std::string sql_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  return text += '"';
}

}  // namespace agent::backup
