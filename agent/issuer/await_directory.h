#pragma once

#include "acme/client.h"
#include "base/asio.h"

namespace agent {

/// Client::fetch_directory() for a coroutine on the control thread. When the client is destroyed
/// the caller never resumes.
base::asio::awaitable<base::Result<acme::Directory, acme::Error>> await_directory(
    acme::Client& client);

}  // namespace agent
