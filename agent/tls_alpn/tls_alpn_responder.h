#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "agent/tls_alpn/challenge_certificates.h"
#include "agent/tls_alpn/tls_alpn_handshake.h"
#include "base/asio.h"
#include "base/asio_listener.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/result.h"

namespace agent {

/// What peers can take of us.
struct TlsAlpnLimits {
  std::size_t connections = 256;  ///< one more ends the oldest: an authority needs two round trips
  std::chrono::milliseconds time = std::chrono::seconds(10);  ///< of one connection
};

/// The server that an authority reaches for tls-alpn-01, by way of HAProxy's
/// `req.ssl_alpn acme-tls/1` rule or directly. It has a thread of its own: strangers' handshakes
/// cost nobody else anything.
class TlsAlpnResponder {
 public:
  TlsAlpnResponder(const base::Clock& clock, base::Log& log, TlsAlpnLimits limits = {});
  /// Ends all connections. What listen() has bound is free again.
  ~TlsAlpnResponder();
  TlsAlpnResponder(const TlsAlpnResponder&) = delete;
  TlsAlpnResponder& operator=(const TlsAlpnResponder&) = delete;

  /// Listens from now on. Returns the address in fact, with the port that was chosen for port 0.
  /// `unix_mode` is the file's mode. Errors as of base::open_listener(). REQUIRES: before start().
  base::Result<base::Endpoint> listen(const base::Endpoint& endpoint, mode_t unix_mode);
  /// Serves from now on.
  void start();

  /// What is answered; any thread.
  ChallengeCertificates& certificates() { return certificates_; }

 private:
  class Session;
  struct Listener;

  static base::asio::awaitable<void> accept(TlsAlpnResponder& responder,
                                            std::shared_ptr<Listener> listener);
  void begin(base::asio::basic_stream_socket<base::StreamProtocol> socket);

  base::Log& log_;
  const TlsAlpnLimits limits_;
  ChallengeCertificates certificates_;
  const TlsAlpnContext context_;
  base::asio::io_context io_{1};
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::list<std::weak_ptr<Session>> sessions_;  ///< oldest first
  std::thread thread_;
};

}  // namespace agent
