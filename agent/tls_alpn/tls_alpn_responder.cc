#include "agent/tls_alpn/tls_alpn_responder.h"

#include <array>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>

namespace agent {

namespace asio = base::asio;
using boost::system::error_code;

namespace {

// Without a descriptor left, accept() fails at once, again and again.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::size_t read_size = 4096;

}  // namespace

struct TlsAlpnResponder::Listener {
  explicit Listener(base::Acceptor opened) : acceptor(std::move(opened)) {}
  base::Acceptor acceptor;
  std::string path{};  ///< of its socket file, if it has one
};

/// One connection.
class TlsAlpnResponder::Session {
 public:
  using Socket = asio::basic_stream_socket<base::StreamProtocol>;
  using Self = std::shared_ptr<Session>;

  Session(Socket socket, const TlsAlpnContext& context, std::chrono::milliseconds time)
      : socket_(std::move(socket)), handshake_(context), timer_(socket_.get_executor(), time) {}

  static void start(const Self& self, base::Log& log) {
    asio::co_spawn(
        self->socket_.get_executor(), run(self), base::log_failure(log, "tls-alpn-01 session"));
    asio::co_spawn(
        self->socket_.get_executor(), watch(self), base::log_failure(log, "tls-alpn-01 watch"));
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  static asio::awaitable<void> run(Self self) {
    error_code ec;
    std::array<std::byte, read_size> buffer{};
    auto state = TlsAlpnHandshake::State::going_on;
    while (!ec && state == TlsAlpnHandshake::State::going_on) {
      const auto space = asio::buffer(buffer);
      const std::size_t n = co_await self->socket_.async_read_some(space, base::into(ec));
      if (ec) break;  // the peer went away, or watch() closed the socket
      state = self->handshake_.receive(std::span(buffer).first(n));
      const std::string output = self->handshake_.take_output();
      const auto bytes = asio::buffer(output);
      co_await asio::async_write(self->socket_, bytes, base::into(ec));
    }
    if (!ec) co_await drain(self);
    self->close();
  }

  /// Closing with unread input would reset the connection, and our alert would be lost.
  static asio::awaitable<void> drain(Self self) {
    error_code ec;
    std::array<std::byte, read_size> buffer{};
    self->socket_.shutdown(Socket::shutdown_send, ec);
    const auto space = asio::buffer(buffer);
    while (!ec) co_await self->socket_.async_read_some(space, base::into(ec));
  }

  static asio::awaitable<void> watch(Self self) {
    error_code ignored;  // cancelled: closed already
    co_await self->timer_.async_wait(base::into(ignored));
    self->close();
  }

  Socket socket_;
  TlsAlpnHandshake handshake_;
  asio::steady_timer timer_;
};

TlsAlpnResponder::TlsAlpnResponder(const base::Clock& clock, base::Log& log, TlsAlpnLimits limits)
    : log_(log), limits_(limits), certificates_(clock), context_(certificates_) {}

TlsAlpnResponder::~TlsAlpnResponder() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& listener : listeners_) {
    // While it still listens nobody else has taken the path.
    if (!listener->path.empty()) ::unlink(listener->path.c_str());
  }
}

base::Result<base::Endpoint> TlsAlpnResponder::listen(const base::Endpoint& endpoint,
                                                      mode_t unix_mode) {
  auto acceptor = base::open_listener(io_.get_executor(), endpoint, unix_mode);
  if (!acceptor) return base::Unexpected(acceptor.error());
  auto listener = std::make_shared<Listener>(*std::move(acceptor));
  if (const auto* local = std::get_if<base::UnixEndpoint>(&endpoint)) listener->path = local->path;
  listeners_.push_back(listener);
  asio::co_spawn(io_, accept(*this, listener), base::log_failure(log_, "tls-alpn-01 listener"));
  return base::local_endpoint(listener->acceptor, endpoint);
}

void TlsAlpnResponder::start() {
  thread_ = std::thread([this] { io_.run(); });
}

asio::awaitable<void> TlsAlpnResponder::accept(TlsAlpnResponder& responder,
                                               std::shared_ptr<Listener> listener) {
  asio::steady_timer pause(responder.io_);
  error_code ec;
  while (true) {
    Session::Socket socket(responder.io_);
    co_await listener->acceptor.async_accept(socket, base::into(ec));
    if (!ec) {
      responder.begin(std::move(socket));
      continue;
    }
    responder.log_.warn("accepting a tls-alpn-01 connection failed", {{"error", ec.message()}});
    pause.expires_after(accept_pause);
    co_await pause.async_wait(base::into(ec));
  }
}

void TlsAlpnResponder::begin(Session::Socket socket) {
  sessions_.remove_if([](const std::weak_ptr<Session>& session) { return session.expired(); });
  if (sessions_.size() >= limits_.connections) {
    if (const auto oldest = sessions_.front().lock()) oldest->close();
    sessions_.pop_front();
  }
  const auto session = std::make_shared<Session>(std::move(socket), context_, limits_.time);
  sessions_.push_back(session);
  Session::start(session, log_);
}

}  // namespace agent
