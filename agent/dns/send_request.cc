#include "agent/dns/send_request.h"

#include <memory>
#include <optional>
#include <utility>

namespace agent {
namespace {

using Reply = base::Result<acme::HttpResponse, acme::Error>;

/// Shared by the coroutine and the client's callback, of which either may die first.
struct Arrival {
  explicit Arrival(const base::asio::any_io_executor& executor)
      : signal(executor, base::asio::steady_timer::time_point::max()) {}
  base::asio::steady_timer signal;
  std::optional<Reply> reply;
};

}  // namespace

base::asio::awaitable<Reply> send_request(acme::HttpClient& client, acme::HttpRequest request) {
  const auto executor = co_await base::asio::this_coro::executor;
  const auto arrival = std::make_shared<Arrival>(executor);
  auto deliver = [arrival](Reply reply) {
    arrival->reply = std::move(reply);
    arrival->signal.cancel();
  };
  client.send(std::move(request), std::move(deliver));
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (!arrival->reply) co_await arrival->signal.async_wait(base::into(ignored));
  co_return std::move(*arrival->reply);
}

}  // namespace agent
