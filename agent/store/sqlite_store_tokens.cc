#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

ApiToken read_token(const sqlite::Query& row) {
  return {std::string(row.text(0)),
          row.enumerator(1, Scope::read_only),
          std::string(row.text(2)),
          std::string(row.text(3)),
          row.time(4),
          row.optional_time(5)};
}

std::string describe(const ApiToken& token) {
  std::string text = "scope=" + std::string(to_string(token.scope));
  if (!token.tenant.empty()) text += " tenant=" + token.tenant;
  return text;
}

}  // namespace

StoreResult<void> SqliteStore::add_token(const ApiToken& token, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!token.tenant.empty() && !load_tenant(token.tenant)) {
    return transaction.give_up({StoreErrc::not_found, "no tenant " + token.tenant});
  }
  if (sqlite::Query(*database_, "SELECT 1 FROM tokens WHERE name = ?1", token.name).next()) {
    return transaction.give_up(
        {StoreErrc::conflict,
         "there is a token " + token.name + "; remove it, or take another name"});
  }
  sqlite::Query(*database_,
                "INSERT INTO tokens (name, scope, tenant, hash, created, expires) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                token.name,
                static_cast<std::int64_t>(token.scope),
                token.tenant.empty() ? std::nullopt : std::optional(token.tenant),
                sqlite::Blob{token.hash},
                now,
                token.expires)
      .run();
  append_event(EventKind::token_saved, token.name, describe(token), now);
  return transaction.finish();
}

StoreResult<std::vector<ApiToken>> SqliteStore::tokens() {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query rows(
      *database_, "SELECT name, scope, tenant, hash, created, expires FROM tokens ORDER BY name");
  std::vector<ApiToken> tokens;
  while (rows.next()) tokens.push_back(read_token(rows));
  return transaction.finish(std::move(tokens));
}

StoreResult<RemoveOutcome> SqliteStore::remove_token(std::string_view name, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::size_t removed =
      sqlite::Query(*database_, "DELETE FROM tokens WHERE name = ?1", name).run();
  if (removed == 0) return transaction.finish(RemoveOutcome::not_found);
  append_event(EventKind::token_removed, name, "", now);
  return transaction.finish(RemoveOutcome::removed);
}

}  // namespace agent
