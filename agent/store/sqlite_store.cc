#include "agent/store/sqlite_store.h"

#include <algorithm>

#include "agent/store/migrations.h"
#include "agent/store/sqlite_rows.h"

namespace agent {
namespace {

constexpr std::string_view key_check = "key_check";  // of meta: sealed once, to recognise the key
constexpr std::string_view key_check_purpose = "meta/key_check";

/// History is cut each time this many lines have come.
constexpr std::int64_t trim_every = 256;

}  // namespace

StoreResult<std::unique_ptr<SqliteStore>> SqliteStore::open(
    std::unique_ptr<sqlite::Connection> database,
    const Sealer& sealer,
    SqliteStoreOptions options) {
  if (StoreResult<void> migrated = migrate(*database); !migrated) {
    return base::Unexpected(migrated.error());
  }
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(database), sealer, options));
  if (StoreResult<void> checked = store->check_key(); !checked) {
    return base::Unexpected(checked.error());
  }
  return store;
}

StoreResult<void> SqliteStore::check_key() {
  StoreResult<std::optional<std::string>> sealed = meta(key_check);
  if (!sealed) return base::Unexpected(sealed.error());
  if (!*sealed) return put_meta(key_check, sealer_.seal(key_check, key_check_purpose));
  StoreResult<std::string> plain = sealer_.unseal(**sealed, key_check_purpose);
  if (plain) return {};
  return base::Unexpected(StoreError{
      plain.error().code, "database " + database_->path() + ": " + plain.error().detail});
}

std::string SqliteStore::unseal(std::string_view sealed, const std::string& purpose) {
  StoreResult<std::string> plain = sealer_.unseal(sealed, purpose);
  if (plain) return *std::move(plain);
  database_->fail(StoreError{plain.error().code,
                             "database " + database_->path() + ": " + plain.error().detail});
  return {};
}

StoreResult<void> SqliteStore::commit_together(const std::function<void()>& work) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  work();
  return transaction.finish();
}

StoreResult<void> SqliteStore::record_event(const Event& event) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  append_event(event.kind, event.subject, event.detail, event.at);
  return transaction.finish();
}

StoreResult<std::vector<Event>> SqliteStore::events(const EventQuery& query) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  const bool forward = query.after > 0;
  const std::string sql =
      std::string(
          "SELECT sequence, at, kind, subject, detail, actor FROM events WHERE sequence > ?1 ") +
      (query.subject.empty() ? "" : "AND subject = ?2 ") + "ORDER BY sequence " +
      (forward ? "" : "DESC ") + "LIMIT ?3";
  sqlite::Query row(
      *database_, sql, query.after, query.subject, static_cast<std::int64_t>(query.limit));
  std::vector<Event> events;
  while (row.next()) {
    events.push_back({row.integer(0),
                      row.time(1),
                      row.enumerator(2, EventKind::haproxy_reloaded),
                      std::string(row.text(3)),
                      std::string(row.text(4)),
                      std::string(row.text(5))});
  }
  if (!forward) std::reverse(events.begin(), events.end());
  return transaction.finish(std::move(events));
}

StoreResult<std::vector<Change>> SqliteStore::changes(std::int64_t after, std::size_t limit) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query bounds(*database_,
                       "SELECT coalesce((SELECT min(sequence) FROM changes), 1), "
                       "coalesce((SELECT max(sequence) FROM changes), 0)");
  if (bounds.next() && (after < bounds.integer(0) - 1 || after > bounds.integer(1))) {
    return transaction.give_up(
        {StoreErrc::gone, "changes after " + std::to_string(after) + " are not kept"});
  }
  sqlite::Query row(*database_,
                    "SELECT sequence, kind, key FROM changes WHERE sequence > ?1 ORDER BY sequence "
                    "LIMIT ?2",
                    after,
                    static_cast<std::int64_t>(limit));
  std::vector<Change> changes;
  while (row.next()) {
    changes.push_back(
        {row.integer(0), row.enumerator(1, ChangeKind::certificate), std::string(row.text(2))});
  }
  return transaction.finish(std::move(changes));
}

StoreResult<std::int64_t> SqliteStore::last_change() {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_, "SELECT coalesce(max(sequence), 0) FROM changes");
  const std::int64_t last = row.next() ? row.integer(0) : 0;
  return transaction.finish(last);
}

StoreResult<std::optional<std::string>> SqliteStore::meta(std::string_view key) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_, "SELECT value FROM meta WHERE key = ?1", key);
  std::optional<std::string> value;
  if (row.next()) value = row.text(0);
  return transaction.finish(std::move(value));
}

StoreResult<void> SqliteStore::put_meta(std::string_view key, std::string_view value) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
                key,
                sqlite::Blob{value})
      .run();
  return transaction.finish();
}

void SqliteStore::append_event(EventKind kind,
                               std::string_view subject,
                               std::string_view detail,
                               base::WallTime at) {
  sqlite::Query(*database_,
                "INSERT INTO events (at, kind, subject, detail, actor) VALUES (?1, ?2, ?3, ?4, ?5)",
                at,
                static_cast<std::int64_t>(kind),
                subject,
                detail,
                actor_)
      .run();
  const std::int64_t sequence = sqlite3_last_insert_rowid(database_->handle());
  if (sequence % trim_every != 0) return;
  sqlite::Query(
      *database_, "DELETE FROM events WHERE sequence <= ?1", sequence - options_.max_events)
      .run();
}

void SqliteStore::append_event(EventKind kind, const Certificate& certificate, base::WallTime at) {
  const std::string detail = "serial=" + certificate.serial + " authority=" + certificate.authority;
  for (const base::DomainName& name : certificate.names) {
    append_event(kind, name.text(), detail, at);
  }
}

void SqliteStore::append_change(ChangeKind kind, std::string_view key) {
  sqlite::Query(*database_,
                "INSERT INTO changes (kind, key) VALUES (?1, ?2)",
                static_cast<std::int64_t>(kind),
                key)
      .run();
  const std::int64_t sequence = sqlite3_last_insert_rowid(database_->handle());
  if (sequence % trim_every != 0) return;
  sqlite::Query(
      *database_, "DELETE FROM changes WHERE sequence <= ?1", sequence - options_.max_changes)
      .run();
}

}  // namespace agent
