#include "agent/issuer/await_account.h"

#include <utility>

#include "agent/issuer/await_reply.h"

namespace agent {

base::asio::awaitable<AccountReply> await_find_account(acme::Client& client) {
  auto start = [&client](acme::Client::Callback done) { client.find_account(std::move(done)); };
  co_return co_await await_reply(std::move(start));
}

base::asio::awaitable<AccountReply> await_register_account(acme::Client& client) {
  auto start = [&client](acme::Client::Callback done) { client.register_account(std::move(done)); };
  co_return co_await await_reply(std::move(start));
}

base::asio::awaitable<AccountReply> await_change_key(acme::Client& client, acme::PrivateKey next) {
  auto start = [&client, key = std::move(next)](acme::Client::Callback done) {
    client.change_key(key, std::move(done));
  };
  co_return co_await await_reply(std::move(start));
}

base::asio::awaitable<AccountReply> await_post_with_key(acme::Client& client,
                                                        acme::PrivateKey key,
                                                        acme::Post request) {
  auto start =
      [&client, key = std::move(key), post = std::move(request)](acme::Client::Callback done) {
        client.post_with_key(key, post, std::move(done));
      };
  co_return co_await await_reply(std::move(start));
}

}  // namespace agent
