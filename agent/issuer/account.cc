#include "agent/issuer/account.h"

#include <stdexcept>
#include <utility>

#include "agent/fault/fault_point.h"
#include "base/run_on.h"

namespace agent {
namespace {

constexpr const char* fetched_at_suffix = " fetched at";

/// The directory's last good copy lets a restart work while the authority's directory is away.
std::string directory_key(const Account& account) {
  return "directory " + account.directory_url;
}

base::asio::awaitable<StoreResult<Account>> find_or_make(Database& database,
                                                         base::asio::thread_pool& pool,
                                                         const AccountOptions& options,
                                                         base::WallTime now) {
  const std::string url = options.acme.directory_url.text();
  auto find = [&options, &url](Store& store) { return store.account(options.authority, url); };
  StoreResult<std::optional<Account>> found = co_await database.run(std::move(find));
  if (!found) co_return base::Unexpected(found.error());
  if (*found) co_return std::move(**found);
  auto generate = [type = options.key_type] { return acme::PrivateKey::generate(type); };
  const auto key = co_await base::run_on(pool, std::move(generate));
  if (!key) throw std::runtime_error(acme::describe(key.error()));  // OpenSSL without randomness
  Account account{.authority = options.authority,
                  .directory_url = url,
                  .url = std::nullopt,
                  .key_pem = key->pem(),
                  .thumbprint = key->thumbprint().value(),
                  .created = now};
  auto put = [&account, now](Store& store) { return store.put_account(account, now); };
  const StoreResult<void> stored = co_await database.run(std::move(put));
  if (!stored) co_return base::Unexpected(stored.error());
  fault_point("account: key stored");
  co_return account;
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
  if (saved) saved = store.put_account(account, now);
  return saved;
}

/// Nothing is lost if this fails: the next start asks the authority again.
base::asio::awaitable<void> keep_record(Database& database,
                                        base::Log& log,
                                        Account account,
                                        acme::AuthorityRecord record,
                                        base::WallTime now) {
  auto save = [&](Store& store) { return save_record(store, account, record, now); };
  const StoreResult<void> saved = co_await database.run(std::move(save));
  if (!saved) log.warn("account URL not stored", {{"error", saved.error().detail}});
}

}  // namespace

base::asio::awaitable<StoreResult<std::unique_ptr<acme::Client>>> open_account(
    Database& database,
    base::asio::thread_pool& pool,
    acme::HttpClient& http,
    const base::Clock& clock,
    base::Log& log,
    AccountOptions options) {
  StoreResult<Account> account = co_await find_or_make(database, pool, options, clock.wall());
  if (!account) co_return base::Unexpected(account.error());
  auto load = [&account](Store& store) { return load_directory(store, *account); };
  StoreResult<Directory> directory = co_await database.run(std::move(load));
  if (!directory) co_return base::Unexpected(directory.error());
  std::optional<acme::PrivateKey> key = acme::PrivateKey::parse_pem(account->key_pem);
  if (!key) {
    co_return base::Unexpected(StoreError{
        StoreErrc::corrupt,
        "the stored account key of authority " + options.authority + " is no private key"});
  }
  acme::AuthorityRecord record{std::move(directory->json), directory->fetched_at, {}};
  if (account->url) record.account_url = acme::Url::parse(*account->url);
  const auto executor = co_await base::asio::this_coro::executor;
  auto keep = [&database, &log, &clock, executor, owner = *account](
                  const acme::AuthorityRecord& changed) mutable {
    if (changed.account_url) owner.url = changed.account_url->text();
    base::asio::co_spawn(executor,
                         keep_record(database, log, owner, changed, clock.wall()),
                         base::log_failure(log, "keep account record"));
  };
  co_return std::make_unique<acme::Client>(
      http, clock, std::move(*key), std::move(options.acme), std::move(record), std::move(keep));
}

}  // namespace agent
