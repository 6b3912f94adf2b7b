#include "agent/issuer/await_reply.h"

#include <memory>
#include <optional>
#include <utility>

namespace agent {
namespace {

using Reply = base::Result<acme::Response, acme::Error>;

/// Shared by the coroutine and the client's callback, of which either may die first.
struct Arrival {
  explicit Arrival(const base::asio::any_io_executor& executor)
      : signal(executor, base::asio::steady_timer::time_point::max()) {}
  base::asio::steady_timer signal;
  std::optional<Reply> reply;
};

}  // namespace

base::asio::awaitable<Reply> await_reply(std::function<void(acme::Client::Callback)> start) {
  const auto arrival = std::make_shared<Arrival>(co_await base::asio::this_coro::executor);
  start([arrival](Reply reply) {
    arrival->reply = std::move(reply);
    arrival->signal.cancel();
  });
  boost::system::error_code ignored;  // cancelled: that is the signal
  // The callback never runs inside start(), and on this thread only: the wait has begun before it.
  while (!arrival->reply) co_await arrival->signal.async_wait(base::into(ignored));
  co_return std::move(*arrival->reply);
}

}  // namespace agent
