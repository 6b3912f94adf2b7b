#pragma once

#include <chrono>
#include <string>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "haproxy/errc.h"

namespace haproxy {

/// Asks the master process (`haproxy -W -S`) to reload and waits for its answer, at most `timeout`.
/// From 2.7 on that is how the reload went, and the error is Errc::commit_failed with what HAProxy
/// says; before, the master says nothing and closes, which is returned as success: look at the
/// worker's pid. Errc::timeout, Errc::connection_closed if nobody answers.
base::asio::awaitable<base::Result<void, RuntimeError>> reload(base::asio::any_io_executor executor,
                                                               base::Endpoint master,
                                                               std::chrono::milliseconds timeout);

}  // namespace haproxy
