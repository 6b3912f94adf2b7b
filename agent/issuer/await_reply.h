#pragma once

#include <functional>

#include "acme/client.h"
#include "base/asio.h"

namespace agent {

/// Runs `start` with a callback for one of Client's calls, and resumes with what that is given. All
/// on the control thread. When the transport is stopped the outcome is Errc::cancelled; when the
/// client is destroyed the caller never resumes.
base::asio::awaitable<base::Result<acme::Response, acme::Error>> await_reply(
    std::function<void(acme::Client::Callback)> start);

}  // namespace agent
