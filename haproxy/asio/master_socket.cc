#include "haproxy/asio/master_socket.h"

#include <memory>
#include <utility>

namespace haproxy {
namespace {

namespace asio = base::asio;
using Reloaded = base::Result<void, RuntimeError>;
using Socket = base::StreamProtocol::socket;

constexpr const char* command = "reload\n";
constexpr std::size_t max_answer = 65536;  // of which the start says how it went

base::Unexpected<RuntimeError> failed(Errc code, std::string detail) {
  return base::Unexpected(RuntimeError{code, std::move(detail), "reload"});
}

}  // namespace

// The master stays connected after its reply unless the client ends its side (management.txt §9.4).
asio::awaitable<Reloaded> reload(asio::any_io_executor executor,
                                 base::Endpoint master,
                                 std::chrono::milliseconds timeout) {
  const auto socket = std::make_shared<Socket>(executor);
  const auto timed_out = std::make_shared<bool>(false);
  asio::steady_timer deadline(executor, timeout);
  deadline.async_wait([socket, timed_out](const boost::system::error_code& ec) {
    if (ec) return;
    boost::system::error_code ignored;
    *timed_out = true;
    socket->close(ignored);
  });
  boost::system::error_code ec;
  const auto address = base::to_asio(master);
  co_await socket->async_connect(address, base::into(ec));
  if (ec) co_return failed(Errc::connection_closed, base::to_string(master) + ": " + ec.message());
  const auto output = asio::buffer(command, std::char_traits<char>::length(command));
  co_await asio::async_write(*socket, output, base::into(ec));
  boost::system::error_code ignored;
  socket->shutdown(Socket::shutdown_send, ignored);
  std::string answer;
  auto input = asio::dynamic_buffer(answer, max_answer);
  if (!ec) co_await asio::async_read(*socket, input, base::into(ec));
  if (*timed_out) co_return failed(Errc::timeout, base::to_string(master));
  if (ec && ec != asio::error::eof && ec != asio::error::connection_reset) {
    co_return failed(Errc::connection_closed, ec.message());
  }
  if (answer.find("Success=0") != std::string::npos) {
    co_return failed(Errc::commit_failed, answer.substr(0, 2048));
  }
  if (answer.find("Permission denied") != std::string::npos) {
    co_return failed(Errc::permission_denied, answer);
  }
  co_return Reloaded();
}

}  // namespace haproxy
