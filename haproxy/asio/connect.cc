#include "haproxy/asio/connect.h"

#include <memory>
#include <utility>

namespace haproxy {

namespace asio = base::asio;

asio::awaitable<base::Result<StreamSocket, RuntimeError>> connect(
    asio::any_io_executor executor, base::Endpoint endpoint, std::chrono::milliseconds timeout) {
  // Shared with the timer's handler, which may be queued when this returns.
  struct Attempt {
    explicit Attempt(const asio::any_io_executor& on) : socket(on) {}
    StreamSocket socket;
    bool is_over = false;
    bool timed_out = false;
  };
  const auto attempt = std::make_shared<Attempt>(executor);
  asio::steady_timer deadline(executor, timeout);
  deadline.async_wait([attempt](const boost::system::error_code& ec) {
    if (ec || attempt->is_over) return;
    boost::system::error_code ignored;
    attempt->timed_out = true;
    attempt->socket.close(ignored);
  });
  boost::system::error_code ec;
  const auto address = base::to_asio(endpoint);
  co_await attempt->socket.async_connect(address, base::into(ec));
  attempt->is_over = true;
  if (!ec) co_return std::move(attempt->socket);
  co_return base::Unexpected(
      RuntimeError{make_error_code(attempt->timed_out ? Errc::timeout : Errc::connection_closed),
                   base::to_string(endpoint) + ": " + ec.message()});
}

}  // namespace haproxy
