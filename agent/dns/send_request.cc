#include "agent/dns/send_request.h"

#include <utility>

#include "base/await_callback.h"

namespace agent {
namespace {

using Reply = base::Result<acme::HttpResponse, acme::Error>;

}  // namespace

base::asio::awaitable<Reply> send_request(acme::HttpClient& client, acme::HttpRequest request) {
  auto start = [&client, &request](std::function<void(Reply)> deliver) {
    client.send(std::move(request), std::move(deliver));
  };
  co_return co_await base::await_callback<Reply>(std::move(start));
}

}  // namespace agent
