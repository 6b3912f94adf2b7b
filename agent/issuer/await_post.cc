#include "agent/issuer/await_post.h"

#include <utility>

#include "agent/issuer/await_reply.h"

namespace agent {

base::asio::awaitable<base::Result<acme::Response, acme::Error>> await_post(acme::Client& client,
                                                                            acme::Post request) {
  auto start = [&client, post = std::move(request)](acme::Client::Callback done) mutable {
    client.post(std::move(post), std::move(done));
  };
  co_return co_await await_reply(std::move(start));
}

}  // namespace agent
