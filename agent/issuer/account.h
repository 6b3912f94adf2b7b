#pragma once

#include <memory>
#include <string>

#include "acme/client.h"
#include "agent/model/account.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// What the configuration says of the authority and our account there.
struct AccountOptions {
  std::string authority;  ///< name in the configuration
  acme::AuthorityOptions acme;
  acme::KeyType key_type = acme::KeyType::ecdsa_p256;  ///< of a new account's key
};

/// What accounts are worked with; all outlive whoever has them.
struct AccountParts {
  Database& database;
  base::asio::thread_pool& pool;  ///< for key generation
  const base::Clock& clock;
  base::Log& log;
};

/// An account, and the way to it.
struct OpenAccount {
  Account account;
  std::unique_ptr<acme::Client> client;
};

/// Our account as the store has it, or a new key that is in the store before anybody hears of it
/// (RFC 8555 knows no way back to an account whose key is lost). The client registers a new key
/// when it is first used, asks for the account of any other, and keeps account URL and directory in
/// the store; what it learns of the account is an event and a log line. After a change of the key
/// that was cut off, the authority is asked which of the two it has; if it does not answer, that is
/// the error, a sentence.
base::asio::awaitable<base::Result<OpenAccount, std::string>> open_account(AccountParts parts,
                                                                           acme::HttpClient& http,
                                                                           AccountOptions options);

/// A new key of that type, in the account's place in the store; with no URL.
base::asio::awaitable<StoreResult<Account>> store_new_account(AccountParts parts,
                                                              AccountOptions options);

/// What an authority says of the next key of an account.
enum class NextKeyVerdict {
  is_the_accounts,  ///< the change was carried out
  is_unknown,       ///< it was not, and may be asked for again
  is_anothers,      ///< and cannot become the account's
};
base::asio::awaitable<base::Result<NextKeyVerdict, acme::Error>> ask_about_next_key(
    AccountParts parts, acme::HttpClient& http, AccountOptions options, Account account);

}  // namespace agent
