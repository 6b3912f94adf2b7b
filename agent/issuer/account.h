#pragma once

#include <memory>
#include <string>

#include "acme/client.h"
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

/// Our account as the store has it, or a new key that is in the store before anybody hears of it
/// (RFC 8555 knows no way back to an account whose key is lost). The client registers the key when
/// it is first used, and keeps account URL and directory in the store. What the references name
/// outlives the client.
base::asio::awaitable<StoreResult<std::unique_ptr<acme::Client>>> open_account(
    Database& database,
    base::asio::thread_pool& pool,
    acme::HttpClient& http,
    const base::Clock& clock,
    base::Log& log,
    AccountOptions options);

}  // namespace agent
