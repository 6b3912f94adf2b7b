#include "agent/issuer/await_directory.h"

#include "agent/issuer/await_reply.h"

namespace agent {

base::asio::awaitable<base::Result<acme::Directory, acme::Error>> await_directory(
    acme::Client& client) {
  auto start = [&client](acme::Client::Callback done) { client.fetch_directory(std::move(done)); };
  const auto reply = co_await await_reply(std::move(start));
  if (!reply) co_return base::Unexpected(reply.error());
  co_return *client.directory();
}

}  // namespace agent
