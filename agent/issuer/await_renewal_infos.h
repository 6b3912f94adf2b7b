#pragma once

#include <vector>

#include "acme/client.h"
#include "base/asio.h"

namespace agent {

/// Client::fetch_renewal_info() of all these at once, for a coroutine on the control thread; the
/// outcomes stand in the order of `certificates`. When the transport is stopped they are
/// Errc::cancelled; when the client is destroyed the caller never resumes.
base::asio::awaitable<std::vector<base::Result<acme::Response, acme::Error>>> await_renewal_infos(
    acme::Client& client, std::vector<acme::CertId> certificates);

}  // namespace agent
