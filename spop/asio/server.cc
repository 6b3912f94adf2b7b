#include "spop/asio/server.h"

#include "spop/asio/accept_loop.h"
#include "spop/asio/listener.h"
#include "spop/asio/worker.h"

namespace spop {

namespace asio = base::asio;

Server::Server(const ServerOptions& options, Handler& handler, base::Log& log)
    : options_(options), log_(log) {
  for (std::size_t i = 0; i < options_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(options_.connection, handler, log));
  }
}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
  wait();
}

base::Result<base::Endpoint> Server::listen(const base::Endpoint& endpoint) {
  auto acceptor = open_listener(workers_.front()->io(), endpoint, options_.unix_mode);
  if (!acceptor) return base::Unexpected(acceptor.error());
  const base::Endpoint bound = local_endpoint(*acceptor, endpoint);
  listeners_.push_back(
      std::make_unique<AcceptLoop>(std::move(*acceptor), workers_, options_.max_connections, log_));
  return bound;
}

void Server::start() {
  for (const auto& listener : listeners_) listener->run();
  for (const auto& worker : workers_) worker->start();
}

void Server::stop(std::chrono::milliseconds grace) {
  asio::post(workers_.front()->io(), [this] {
    for (const auto& listener : listeners_) listener->stop();
  });
  const base::MonotonicTime deadline = std::chrono::steady_clock::now() + grace;
  for (const auto& worker : workers_) worker->stop(deadline);
}

void Server::wait() {
  for (const auto& worker : workers_) worker->join();
}

CounterValues Server::counters() const {
  CounterValues sum;
  for (const auto& worker : workers_) sum += worker->counters();
  return sum;
}

}  // namespace spop
