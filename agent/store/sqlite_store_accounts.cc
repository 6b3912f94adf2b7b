#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

/// The directory URL has no blank, so no two accounts share a purpose.
std::string purpose_of(const Account& account) {
  return "accounts/" + account.authority + " " + account.directory_url;
}

std::string next_key_purpose(const Account& account) {
  return "next key of " + purpose_of(account);
}

StoreError gone(const Account& account) {
  return {StoreErrc::gone, "the account of " + account.authority + " has another key by now"};
}

}  // namespace

StoreResult<std::optional<Account>> SqliteStore::account(std::string_view authority,
                                                         std::string_view directory_url) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  return transaction.finish(load_account(authority, directory_url));
}

std::optional<Account> SqliteStore::load_account(std::string_view authority,
                                                 std::string_view directory_url) {
  sqlite::Query row(*database_,
                    "SELECT url, sealed_key, thumbprint, created, status, next_sealed_key, "
                    "next_thumbprint FROM accounts WHERE authority = ?1 AND directory_url = ?2",
                    authority,
                    directory_url);
  if (!row.next()) return std::nullopt;
  Account account;
  account.authority = authority;
  account.directory_url = directory_url;
  if (!row.is_null(0)) account.url = row.text(0);
  account.key_pem = unseal(row.text(1), purpose_of(account));
  account.thumbprint = row.text(2);
  account.created = row.time(3);
  account.status = row.enumerator(4, AccountStatus::revoked);
  if (!row.is_null(5)) {
    account.next_key = {unseal(row.text(5), next_key_purpose(account)), std::string(row.text(6))};
  }
  return account;
}

std::optional<Account> SqliteStore::load_same(const Account& account) {
  std::optional<Account> stored = load_account(account.authority, account.directory_url);
  if (stored && stored->thumbprint != account.thumbprint) return std::nullopt;
  return stored;
}

StoreResult<void> SqliteStore::put_account(const Account& account, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::optional<Account> before = load_account(account.authority, account.directory_url);
  store_account(account);
  if (!before || before->url != account.url) append_account_event(account, now);
  return transaction.finish();
}

void SqliteStore::store_account(const Account& account) {
  std::optional<std::string> next;
  if (account.next_key) {
    next = sealer_.seal(account.next_key->key_pem, next_key_purpose(account));
  }
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO accounts (authority, directory_url, url, sealed_key, "
                "thumbprint, created, status, next_sealed_key, next_thumbprint) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                account.authority,
                account.directory_url,
                account.url,
                sqlite::Blob{sealer_.seal(account.key_pem, purpose_of(account))},
                account.thumbprint,
                account.created,
                static_cast<std::int64_t>(account.status),
                next ? std::optional(sqlite::Blob{*next}) : std::nullopt,
                account.next_key ? account.next_key->thumbprint : std::string())
      .run();
}

void SqliteStore::append_account_event(const Account& account, base::WallTime now) {
  const std::string& url = account.url ? *account.url : account.directory_url;
  append_event(EventKind::account_saved, account.authority, url, now);
}

StoreResult<void> SqliteStore::save_account_url(const Account& account, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::optional<Account> stored = load_same(account);
  if (!stored) return transaction.give_up(gone(account));
  if (stored->url == account.url) return transaction.finish();
  stored->url = account.url;
  store_account(*stored);
  append_account_event(*stored, now);
  return transaction.finish();
}

StoreResult<void> SqliteStore::save_account_status(const Account& account, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::optional<Account> stored = load_same(account);
  if (!stored) return transaction.give_up(gone(account));
  if (stored->status == account.status) return transaction.finish();
  stored->status = account.status;
  store_account(*stored);
  if (account.status != AccountStatus::valid) {
    append_event(
        EventKind::account_closed, account.authority, agent::to_string(account.status), now);
  }
  return transaction.finish();
}

StoreResult<void> SqliteStore::begin_key_change(const Account& account, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::optional<Account> stored = load_same(account);
  if (!stored) return transaction.give_up(gone(account));
  if (stored->next_key) {
    return transaction.give_up({StoreErrc::conflict, "its key is being changed already"});
  }
  stored->next_key = account.next_key;
  store_account(*stored);
  append_event(EventKind::account_key_changing,
               account.authority,
               "from=" + account.thumbprint + " to=" + account.next_key->thumbprint,
               now);
  return transaction.finish();
}

StoreResult<void> SqliteStore::finish_key_change(const Account& account, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::optional<Account> stored = load_same(account);
  if (!stored || !stored->next_key) return transaction.give_up(gone(account));
  stored->key_pem = stored->next_key->key_pem;
  stored->thumbprint = stored->next_key->thumbprint;
  stored->next_key = std::nullopt;
  store_account(*stored);
  for (const char* sql :
       {"UPDATE certificates SET account = ?3 WHERE authority = ?1 AND account = ?2",
        "UPDATE revocations SET account = ?3 WHERE authority = ?1 AND account = ?2"}) {
    sqlite::Query(*database_, sql, account.authority, account.thumbprint, stored->thumbprint).run();
  }
  append_event(EventKind::account_key_changed,
               account.authority,
               "from=" + account.thumbprint + " to=" + stored->thumbprint,
               now);
  return transaction.finish();
}

StoreResult<void> SqliteStore::give_up_key_change(const Account& account,
                                                  std::string_view reason,
                                                  base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::optional<Account> stored = load_same(account);
  if (!stored || !stored->next_key) return transaction.give_up(gone(account));
  stored->next_key = std::nullopt;
  store_account(*stored);
  append_event(EventKind::account_key_kept, account.authority, reason, now);
  return transaction.finish();
}

}  // namespace agent
