#include "agent/dns/dns_exchange.h"

#include <array>
#include <memory>

#include "agent/dns/server_text.h"

namespace agent {
namespace {

using base::asio::ip::tcp;

/// The socket, and the timer that closes it.
struct Connection {
  explicit Connection(const base::asio::any_io_executor& executor)
      : socket(executor), timer(executor) {}
  tcp::socket socket;
  base::asio::steady_timer timer;
  bool is_overdue = false;
};

void close_after(const std::shared_ptr<Connection>& connection, std::chrono::milliseconds timeout) {
  connection->timer.expires_after(timeout);
  connection->timer.async_wait([connection](const boost::system::error_code& ec) {
    if (ec) return;
    connection->is_overdue = true;
    boost::system::error_code ignored;
    connection->socket.close(ignored);
  });
}

/// An error code of its own coroutine, so that every step ends with one test.
base::asio::awaitable<boost::system::error_code> talk(Connection& connection,
                                                      const tcp::endpoint& endpoint,
                                                      const dns::Bytes& message,
                                                      dns::Bytes& reply) {
  boost::system::error_code ec;
  co_await connection.socket.async_connect(endpoint, base::into(ec));
  if (ec) co_return ec;
  // The size goes in front (RFC 1035 §4.2.2).
  const std::array<unsigned char, 2> size = {static_cast<unsigned char>(message.size() >> 8),
                                             static_cast<unsigned char>(message.size())};
  const std::array<base::asio::const_buffer, 2> output = {base::asio::buffer(size),
                                                          base::asio::buffer(message)};
  co_await base::asio::async_write(connection.socket, output, base::into(ec));
  if (ec) co_return ec;
  std::array<unsigned char, 2> head{};
  const auto head_buffer = base::asio::buffer(head);
  co_await base::asio::async_read(connection.socket, head_buffer, base::into(ec));
  if (ec) co_return ec;
  reply.resize(static_cast<std::size_t>(head[0]) << 8 | head[1]);
  const auto input = base::asio::buffer(reply);
  co_await base::asio::async_read(connection.socket, input, base::into(ec));
  co_return ec;
}

}  // namespace

base::asio::awaitable<base::Result<dns::Bytes, DnsError>> exchange_over_tcp(
    DnsServer server, dns::Bytes message, std::chrono::milliseconds timeout) {
  const auto executor = co_await base::asio::this_coro::executor;
  const auto connection = std::make_shared<Connection>(executor);
  close_after(connection, timeout);
  const tcp::endpoint endpoint(base::asio::ip::make_address(server.host), server.port);
  dns::Bytes reply;
  const boost::system::error_code ec = co_await talk(*connection, endpoint, message, reply);
  connection->timer.cancel();
  if (!ec) co_return reply;
  const std::string why = connection->is_overdue
                              ? "no whole reply within " + std::to_string(timeout.count()) + " ms"
                              : ec.message();
  co_return base::Unexpected(
      DnsError{DnsErrc::transient, "the name server " + describe(server) + ": " + why});
}

}  // namespace agent
