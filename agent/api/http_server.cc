#include "agent/api/http_server.h"

#include <unistd.h>
#include <utility>
#include <variant>

#include "agent/api/http_session.h"

namespace agent {

namespace asio = base::asio;
using boost::system::error_code;

namespace {

// Without a descriptor left, accept() fails at once, again and again.
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

struct HttpServer::Listener {
  explicit Listener(base::Acceptor opened) : acceptor(std::move(opened)) {}
  base::Acceptor acceptor;
  std::string path{};  ///< of its socket file, if it has one
};

HttpServer::HttpServer(asio::io_context& io,
                       const Router& router,
                       base::Log& log,
                       HttpLimits limits,
                       Authenticator* authenticator)
    : io_(io),
      router_(router),
      log_(log),
      limits_(limits),
      authenticator_(authenticator),
      all_closed_(io) {}

HttpServer::~HttpServer() = default;

base::Result<base::Endpoint> HttpServer::listen(const base::Endpoint& endpoint, mode_t unix_mode) {
  auto acceptor = base::open_listener(io_.get_executor(), endpoint, unix_mode);
  if (!acceptor) return base::Unexpected(acceptor.error());
  auto listener = std::make_shared<Listener>(*std::move(acceptor));
  if (const auto* local = std::get_if<base::UnixEndpoint>(&endpoint)) listener->path = local->path;
  listeners_.push_back(listener);
  asio::co_spawn(io_, accept(*this, listener), base::log_failure(log_, "HTTP listener"));
  return base::local_endpoint(listener->acceptor, endpoint);
}

asio::awaitable<void> HttpServer::accept(HttpServer& server, std::shared_ptr<Listener> listener) {
  asio::steady_timer pause(server.io_);
  error_code ec;
  while (listener->acceptor.is_open()) {
    HttpSession::Socket socket(server.io_);
    co_await listener->acceptor.async_accept(socket, base::into(ec));
    if (!listener->acceptor.is_open()) co_return;
    if (!ec) {
      server.begin(std::move(socket));
      continue;
    }
    server.log_.warn("accepting an HTTP connection failed", {{"error", ec.message()}});
    pause.expires_after(accept_pause);
    co_await pause.async_wait(base::into(ec));
  }
}

void HttpServer::begin(HttpSession::Socket socket) {
  if (sessions_.size() >= limits_.connections) {
    HttpSession::turn_away(std::move(socket));
    return;
  }
  const std::uint64_t id = next_id_++;
  sessions_.emplace(id, HttpSession::start(*this, std::move(socket), id));
}

void HttpServer::on_closed(std::uint64_t id) {
  sessions_.erase(id);
  if (stopping_ && sessions_.empty()) all_closed_.cancel();
}

asio::awaitable<void> HttpServer::stop() {
  stopping_ = true;
  error_code ignored;
  for (const auto& listener : listeners_) {
    // While it still listens nobody else has taken the path.
    if (!listener->path.empty()) ::unlink(listener->path.c_str());
    listener->acceptor.close(ignored);
  }
  for (const auto& [id, session] : sessions_) {
    if (const auto alive = session.lock()) alive->stop();
  }
  all_closed_.expires_at(asio::steady_timer::time_point::max());
  while (!sessions_.empty()) co_await all_closed_.async_wait(base::into(ignored));
}

}  // namespace agent
