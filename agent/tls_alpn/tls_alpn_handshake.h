#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "agent/tls_alpn/challenge_certificates.h"

namespace agent {

/// What all handshakes share: TLS 1.2 or newer, no sessions, ALPN `acme-tls/1` and nothing else.
class TlsAlpnContext {
 public:
  /// REQUIRES: `certificates` outlives it. Throws std::runtime_error if OpenSSL cannot start.
  explicit TlsAlpnContext(const ChallengeCertificates& certificates);
  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

/// The server's side of one tls-alpn-01 connection (RFC 8737 §3), as bytes in and bytes out: a
/// PROXY protocol header if there is one, then a handshake, then the end. A client that offers
/// anything but `acme-tls/1` alone gets the alert no_application_protocol, one that asks for a name
/// without an answer unrecognized_name, both before any of our signatures. No I/O, no clock.
class TlsAlpnHandshake {
 public:
  /// REQUIRES: `context` outlives it.
  explicit TlsAlpnHandshake(const TlsAlpnContext& context);

  enum class State {
    going_on,  ///< needs more bytes
    proven,    ///< the client has what it came for; send output(), then close
    failed,    ///< likewise, with an alert perhaps
  };
  State receive(std::span<const std::byte> bytes);
  /// What is to be sent, each byte once.
  std::string take_output();

 private:
  bool skip_proxy_header();
  State go_on();

  struct Free {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  BIO* input_;   // owned by ssl_
  BIO* output_;  // owned by ssl_
  std::vector<std::byte> begin_;
  bool is_begun_ = false;  ///< the PROXY protocol is behind us
  std::size_t received_ = 0;
  State state_ = State::going_on;
};

}  // namespace agent
