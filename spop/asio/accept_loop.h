#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "spop/asio/listener.h"
#include "spop/asio/session.h"
#include "spop/asio/worker.h"

namespace spop {

/// Accepts on one listener and gives each connection to the worker that has the fewest. Pauses
/// while there are too many connections or the process has no descriptor left: then the kernel's
/// backlog holds the peers. Lives on the first worker's thread.
class AcceptLoop {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  /// REQUIRES: workers and log outlive it; `acceptor` is of the first worker's io_context.
  AcceptLoop(Acceptor acceptor,
             const Workers& workers,
             std::size_t max_connections,
             base::Log& log);

  void run() { accept(); }
  void stop();

 private:
  void accept();
  void on_accepted(const boost::system::error_code& ec, Session::Socket socket, Worker& worker);
  void pause();
  bool is_full() const;
  Worker& least_loaded() const;

  Acceptor acceptor_;
  base::asio::steady_timer timer_;
  const Workers& workers_;
  const std::size_t max_connections_;
  base::Log& log_;
  bool paused_ = false;
};

}  // namespace spop
