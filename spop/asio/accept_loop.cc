#include "spop/asio/accept_loop.h"

#include <algorithm>

namespace spop {

namespace asio = base::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds pause_time{50};

}  // namespace

AcceptLoop::AcceptLoop(Acceptor acceptor,
                       const Workers& workers,
                       std::size_t max_connections,
                       base::Log& log)
    : acceptor_(std::move(acceptor)),
      timer_(acceptor_.get_executor()),
      workers_(workers),
      max_connections_(max_connections),
      log_(log) {}

void AcceptLoop::accept() {
  if (!acceptor_.is_open()) return;
  if (is_full()) {
    if (!paused_) log_.warn("too many connections, accepting no more", {{"max", max_connections_}});
    return pause();
  }
  paused_ = false;
  Worker& worker = least_loaded();
  acceptor_.async_accept(worker.io(), [this, &worker](error_code ec, Session::Socket socket) {
    on_accepted(ec, std::move(socket), worker);
  });
}

void AcceptLoop::on_accepted(const error_code& ec, Session::Socket socket, Worker& worker) {
  if (ec == asio::error::operation_aborted) return;
  if (!ec) {
    worker.adopt(std::move(socket));
    return accept();
  }
  if (ec == asio::error::connection_aborted) return accept();  // gone before we came to it
  // EMFILE, ENFILE, ENOMEM: trying again at once would spin.
  if (!paused_) log_.error("cannot accept connections", {{"error", std::error_code(ec)}});
  pause();
}

void AcceptLoop::pause() {
  paused_ = true;
  timer_.expires_after(pause_time);
  timer_.async_wait([this](error_code ec) {
    if (!ec) accept();
  });
}

void AcceptLoop::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
}

bool AcceptLoop::is_full() const {
  std::size_t open = 0;
  for (const auto& worker : workers_) open += worker->open();
  return open >= max_connections_;
}

Worker& AcceptLoop::least_loaded() const {
  return **std::ranges::min_element(
      workers_, {}, [](const std::unique_ptr<Worker>& worker) { return worker->open(); });
}

}  // namespace spop
