#pragma once

#include "acme/client.h"
#include "base/asio.h"

namespace agent {

/// Client::post() for a coroutine on the control thread. When the transport is stopped the outcome
/// is Errc::cancelled; when the client is destroyed the caller never resumes.
base::asio::awaitable<base::Result<acme::Response, acme::Error>> await_post(acme::Client& client,
                                                                            acme::Post request);

}  // namespace agent
