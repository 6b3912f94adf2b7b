#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "agent/api/authenticator.h"
#include "agent/api/router.h"
#include "base/asio.h"
#include "base/asio_listener.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/result.h"

namespace agent {

class HttpSession;

/// What a peer can take of us.
struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 32 * 1024 * 1024;  ///< of who is known: an import of 200,000 names
  std::size_t connections = 64;                 ///< one more is told so (503) and closed
  /// For a whole request to arrive, counted from the end of the one before, and for a reply to be
  /// taken.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(30);
};

/// HTTP/1.1 over unix or TCP sockets, with keep-alive, for a Router. Requests of one connection are
/// answered one after another; a request that is no HTTP or breaks a limit gets a problem document
/// and ends its connection. A route that throws ends its connection only. Lives on one thread, its
/// io_context's, which does not run any more when the server ends, unless stop() has returned. What
/// the references name outlives it.
class HttpServer {
 public:
  /// Without an authenticator everybody who can connect is an admin, `socket`.
  HttpServer(base::asio::io_context& io,
             const Router& router,
             base::Log& log,
             HttpLimits limits = {},
             Authenticator* authenticator = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Listens and accepts from now on; `unix_mode` is the file's mode. Returns the address in fact,
  /// with the port that was chosen for port 0. Errors: address_in_use if somebody listens there,
  /// also on a unix socket, of which a stale file is replaced; what bind(2) says.
  base::Result<base::Endpoint> listen(const base::Endpoint& endpoint, mode_t unix_mode);

  /// Accepts no more, removes the socket files, closes connections without a request and the others
  /// when they have been answered; returns when the last one is closed.
  base::asio::awaitable<void> stop();

  std::size_t open_connections() const { return sessions_.size(); }

 private:
  friend class HttpSession;
  struct Listener;

  static base::asio::awaitable<void> accept(HttpServer& server, std::shared_ptr<Listener> listener);
  void begin(base::asio::basic_stream_socket<base::StreamProtocol> socket);
  void on_closed(std::uint64_t id);

  base::asio::io_context& io_;
  const Router& router_;
  base::Log& log_;
  const HttpLimits limits_;
  Authenticator* const authenticator_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::map<std::uint64_t, std::weak_ptr<HttpSession>> sessions_;
  std::uint64_t next_id_ = 0;
  bool stopping_ = false;
  base::asio::steady_timer all_closed_;  ///< cancelled when the last session is closed
};

}  // namespace agent
