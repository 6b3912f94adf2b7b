#include "agent/issuer/account.h"

#include <stdexcept>
#include <utility>

#include "agent/fault/fault_point.h"
#include "agent/issuer/await_account.h"
#include "base/run_on.h"

namespace agent {
namespace {

constexpr const char* fetched_at_suffix = " fetched at";

/// The directory's last good copy lets a restart work while the authority's directory is away.
std::string directory_key(const Account& account) {
  return "directory " + account.directory_url;
}

enum class KeyAge { fresh, stored };

struct FoundAccount {
  Account account;
  KeyAge key_age = KeyAge::stored;
};

base::asio::awaitable<StoreResult<FoundAccount>> find_or_make(AccountParts parts,
                                                              AccountOptions options) {
  auto find = [authority = options.authority, url = options.acme.directory_url.text()](
                  Store& store) { return store.account(authority, url); };
  StoreResult<std::optional<Account>> found = co_await parts.database.run(std::move(find));
  if (!found) co_return base::Unexpected(found.error());
  if (*found) co_return FoundAccount{std::move(**found), KeyAge::stored};
  StoreResult<Account> made = co_await store_new_account(parts, std::move(options));
  if (!made) co_return base::Unexpected(made.error());
  co_return FoundAccount{std::move(*made), KeyAge::fresh};
}

struct Directory {
  std::string json;
  base::WallTime fetched_at{};
};

StoreResult<Directory> load_directory(Store& store, const Account& account) {
  const auto json = store.meta(directory_key(account));
  if (!json) return base::Unexpected(json.error());
  const auto fetched_at = store.meta(directory_key(account) + fetched_at_suffix);
  if (!fetched_at) return base::Unexpected(fetched_at.error());
  Directory directory;
  if (*json && *fetched_at) {
    directory.json = **json;
    directory.fetched_at = base::WallTime(std::chrono::milliseconds(std::stoll(**fetched_at)));
  }
  return directory;
}

StoreResult<void> save_record(Store& store,
                              const Account& account,
                              const acme::AuthorityRecord& record,
                              base::WallTime now) {
  const auto fetched_at = std::to_string(record.directory_fetched_at.time_since_epoch().count());
  StoreResult<void> saved = store.put_meta(directory_key(account), record.directory);
  if (saved) saved = store.put_meta(directory_key(account) + fetched_at_suffix, fetched_at);
  if (saved && account.url) saved = store.save_account_url(account, now);
  return saved;
}

/// Nothing is lost if this fails: the next start asks the authority again.
base::asio::awaitable<void> keep_record(AccountParts parts,
                                        Account account,
                                        acme::AuthorityRecord record) {
  auto save = [&account, &record, now = parts.clock.wall()](Store& store) {
    return save_record(store, account, record, now);
  };
  const StoreResult<void> saved = co_await parts.database.run(std::move(save));
  if (!saved) parts.log.warn("account URL not stored", {{"error", saved.error().detail}});
}

base::asio::awaitable<void> record_news(AccountParts parts, Event event) {
  auto record = [&event](Store& store) { return store.record_event(event); };
  const StoreResult<void> recorded = co_await parts.database.run(std::move(record));
  if (!recorded) parts.log.warn("event not recorded", {{"error", recorded.error().detail}});
}

void tell_news(AccountParts parts,
               const base::asio::any_io_executor& executor,
               const std::string& authority,
               acme::Client::AccountNews news,
               const acme::Url& url) {
  using News = acme::Client::AccountNews;
  if (news == News::found) {
    return parts.log.info("account found by its key",
                          {{"authority", authority}, {"account", url.text()}});
  }
  Event event{.at = parts.clock.wall(), .subject = authority, .detail = url.text()};
  if (news == News::lost) {
    event.kind = EventKind::account_lost;
    parts.log.warn("the authority has no account of our key, it is registered anew",
                   {{"authority", authority}, {"account", url.text()}});
  } else {
    event.kind = EventKind::account_registered;
    parts.log.info("account registered", {{"authority", authority}, {"account", url.text()}});
  }
  base::asio::co_spawn(executor,
                       record_news(parts, std::move(event)),
                       base::log_failure(parts.log, "record account news"));
}

std::string corrupt_key(const AccountOptions& options) {
  return "the store: the stored account key of authority " + options.authority +
         " is no private key";
}

/// The account as it is after a change of its key that was cut off.
base::asio::awaitable<base::Result<Account, std::string>> settle_key_change(AccountParts parts,
                                                                            acme::HttpClient& http,
                                                                            AccountOptions options,
                                                                            Account account) {
  const auto verdict = co_await ask_about_next_key(parts, http, options, account);
  if (!verdict) {
    co_return base::Unexpected("which key the account has: " + acme::describe(verdict.error()));
  }
  if (*verdict == NextKeyVerdict::is_unknown) co_return account;  // the change goes on
  const bool is_done = *verdict == NextKeyVerdict::is_the_accounts;
  parts.log.info("the key change that was cut off is settled",
                 {{"authority", options.authority}, {"changed", is_done ? "yes" : "no"}});
  auto settle = [&account, is_done, now = parts.clock.wall()](Store& store) {
    return is_done ? store.finish_key_change(account, now)
                   : store.give_up_key_change(account, "the key is another account's", now);
  };
  const StoreResult<void> settled = co_await parts.database.run(std::move(settle));
  if (!settled) co_return base::Unexpected("the store: " + settled.error().detail);
  fault_point("account: key change settled");
  if (is_done) {
    account.key_pem = account.next_key->key_pem;
    account.thumbprint = account.next_key->thumbprint;
  }
  account.next_key = std::nullopt;
  co_return account;
}

}  // namespace

base::asio::awaitable<StoreResult<Account>> store_new_account(AccountParts parts,
                                                              AccountOptions options) {
  auto generate = [type = options.key_type] { return acme::PrivateKey::generate(type); };
  const auto key = co_await base::run_on(parts.pool, std::move(generate));
  if (!key) throw std::runtime_error(acme::describe(key.error()));  // OpenSSL without randomness
  Account account{.authority = options.authority,
                  .directory_url = options.acme.directory_url.text(),
                  .url = std::nullopt,
                  .key_pem = key->pem(),
                  .thumbprint = key->thumbprint().value(),
                  .created = parts.clock.wall()};
  auto put = [&account](Store& store) { return store.put_account(account, account.created); };
  const StoreResult<void> stored = co_await parts.database.run(std::move(put));
  if (!stored) co_return base::Unexpected(stored.error());
  fault_point("account: new key stored");
  co_return account;
}

base::asio::awaitable<base::Result<NextKeyVerdict, acme::Error>> ask_about_next_key(
    AccountParts parts, acme::HttpClient& http, AccountOptions options, Account account) {
  std::optional<acme::PrivateKey> key = acme::PrivateKey::parse_pem(account.next_key->key_pem);
  if (!key) co_return NextKeyVerdict::is_anothers;
  acme::Client client(http, parts.clock, std::move(*key), std::move(options.acme), {}, {});
  const AccountReply reply = co_await await_find_account(client);
  if (reply) {
    const bool is_ours = !account.url || client.record().account_url->text() == *account.url;
    co_return is_ours ? NextKeyVerdict::is_the_accounts : NextKeyVerdict::is_anothers;
  }
  if (reply.error().code == acme::Errc::account_does_not_exist) {
    co_return NextKeyVerdict::is_unknown;
  }
  // It has the account of that key, and will not work for it (RFC 8555 §7.3.6).
  if (reply.error().code == acme::Errc::unauthorized) co_return NextKeyVerdict::is_the_accounts;
  co_return base::Unexpected(reply.error());
}

base::asio::awaitable<base::Result<OpenAccount, std::string>> open_account(AccountParts parts,
                                                                           acme::HttpClient& http,
                                                                           AccountOptions options) {
  StoreResult<FoundAccount> found = co_await find_or_make(parts, options);
  if (!found) co_return base::Unexpected("the store: " + found.error().detail);
  OpenAccount opened{std::move(found->account), nullptr};
  if (opened.account.next_key) {
    base::Result<Account, std::string> settled =
        co_await settle_key_change(parts, http, options, opened.account);
    if (!settled) co_return base::Unexpected(std::move(settled).error());
    opened.account = std::move(*settled);
  }
  const Account& account = opened.account;
  auto load = [&account](Store& store) { return load_directory(store, account); };
  StoreResult<Directory> directory = co_await parts.database.run(std::move(load));
  if (!directory) co_return base::Unexpected("the store: " + directory.error().detail);
  std::optional<acme::PrivateKey> key = acme::PrivateKey::parse_pem(account.key_pem);
  if (!key) co_return base::Unexpected(corrupt_key(options));
  acme::AuthorityRecord record{std::move(directory->json), directory->fetched_at, {}};
  if (account.url) record.account_url = acme::Url::parse(*account.url);
  const base::asio::any_io_executor executor = co_await base::asio::this_coro::executor;
  // Whose record it is, the client knows: its key may be another one by then.
  const auto client = std::make_shared<acme::Client*>(nullptr);
  auto keep =
      [parts, executor, client, owner = account](const acme::AuthorityRecord& changed) mutable {
        owner.thumbprint = (*client)->thumbprint().value();
        owner.url = std::nullopt;
        if (changed.account_url) owner.url = changed.account_url->text();
        base::asio::co_spawn(executor,
                             keep_record(parts, owner, changed),
                             base::log_failure(parts.log, "keep account record"));
      };
  auto tell = [parts, executor, authority = options.authority](acme::Client::AccountNews news,
                                                               const acme::Url& url) {
    tell_news(parts, executor, authority, news, url);
  };
  opened.client = std::make_unique<acme::Client>(http,
                                                 parts.clock,
                                                 std::move(*key),
                                                 std::move(options.acme),
                                                 std::move(record),
                                                 std::move(keep));
  *client = opened.client.get();
  opened.client->listen_to_account(std::move(tell));
  if (found->key_age == KeyAge::stored) opened.client->look_before_registering();
  co_return opened;
}

}  // namespace agent
