#pragma once

#include "acme/http_client.h"
#include "base/asio.h"

namespace agent {

/// HttpClient::send() for a coroutine on the client's thread. When the client is destroyed the
/// caller never resumes.
base::asio::awaitable<base::Result<acme::HttpResponse, acme::Error>> send_request(
    acme::HttpClient& client, acme::HttpRequest request);

}  // namespace agent
