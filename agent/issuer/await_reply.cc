#include "agent/issuer/await_reply.h"

#include <utility>

#include "base/await_callback.h"

namespace agent {
namespace {

using Reply = base::Result<acme::Response, acme::Error>;

}  // namespace

base::asio::awaitable<Reply> await_reply(std::function<void(acme::Client::Callback)> start) {
  co_return co_await base::await_callback<Reply>(std::move(start));
}

}  // namespace agent
