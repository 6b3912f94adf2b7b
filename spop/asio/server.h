#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <sys/types.h>
#include <vector>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/result.h"
#include "spop/connection.h"
#include "spop/counters.h"
#include "spop/handler.h"

namespace spop {

class AcceptLoop;
class Worker;

struct ServerOptions {
  std::size_t workers = 1;               ///< threads; REQUIRES: at least one
  std::size_t max_connections = 10'000;  ///< above it the kernel's backlog holds the peers
  ::mode_t unix_mode = 0660;             ///< of the socket files
  ConnectionOptions connection;
};

/// An SPOP agent: listens, spreads connections over worker threads, asks the handler. Call listen()
/// for each address, then start(), and from any thread stop(); wait() returns when all is drained.
class Server {
 public:
  /// REQUIRES: handler and log outlive it.
  Server(const ServerOptions& options, Handler& handler, base::Log& log);
  ~Server();  ///< Stops at once if nobody has, and waits.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and listens; connections wait in the kernel's backlog until start(). Returns the address
  /// in fact, with the port that was chosen for port 0. A stale unix socket file is replaced.
  /// REQUIRES: start() was not called yet.
  base::Result<base::Endpoint> listen(const base::Endpoint& endpoint);

  void start();

  /// Accepts no more; connections answer what they were asked, and say DISCONNECT 0 when quiet or
  /// when the grace is over. After that HAProxy has ConnectionOptions::drain_timeout to close
  /// before we do. Returns at once. Thread-safe; a second call can shorten the grace.
  void stop(std::chrono::milliseconds grace);

  /// Until every connection is closed and the threads have ended. REQUIRES: one caller.
  void wait();

  /// The sum over all workers. Thread-safe.
  CounterValues counters() const;

 private:
  const ServerOptions options_;
  base::Log& log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<AcceptLoop>> listeners_;  // live on the first worker
};

}  // namespace spop
