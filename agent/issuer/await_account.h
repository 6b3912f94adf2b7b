#pragma once

#include "acme/client.h"
#include "base/asio.h"

namespace agent {

/// Client's calls about its account, for a coroutine on the control thread. When the transport is
/// stopped the outcome is Errc::cancelled; when the client is destroyed the caller never resumes.
using AccountReply = base::Result<acme::Response, acme::Error>;

base::asio::awaitable<AccountReply> await_find_account(acme::Client& client);
base::asio::awaitable<AccountReply> await_register_account(acme::Client& client);
base::asio::awaitable<AccountReply> await_change_key(acme::Client& client, acme::PrivateKey next);
base::asio::awaitable<AccountReply> await_post_with_key(acme::Client& client,
                                                        acme::PrivateKey key,
                                                        acme::Post request);

}  // namespace agent
