#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/model/certificate.h"
#include "base/domain_name.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace agent {

/// What a TLS server shows to a client that asks for a name.
struct ServedCertificate {
  std::string
      fingerprint;     ///< SHA-1 of the leaf's DER, upper-case hex, as HAProxy's listings have it
  std::string serial;  ///< upper-case hex
  std::vector<std::string> chain;  ///< fingerprints of all that was sent, the leaf first
};

/// What the server wants to read before the handshake.
enum class ProxyProtocol {
  none,
  v1,  ///< `accept-proxy`: a header that speaks for no other client
};

/// Makes a TLS handshake with `name` as SNI (RFC 6066 §3) and returns the leaf it got, whoever
/// signed it. A wildcard is asked for as a name below it. The error is a sentence. Blocks up to
/// about `timeout` for each of connect, write and read: run it on a pool. Thread-safe. REQUIRES:
/// SIGPIPE is ignored. With a `key` algorithm the client can check signatures of that one only (RFC
/// 8446 §4.2.3), so that a server with certificates of both shows that one.
base::Result<ServedCertificate, std::string> probe_tls(const base::Endpoint& server,
                                                       const base::DomainName& name,
                                                       std::chrono::milliseconds timeout,
                                                       ProxyProtocol proxy = ProxyProtocol::none,
                                                       KeyAlgorithm key = KeyAlgorithm::unknown);

/// The fingerprints of a PEM text's certificates in their order, as ServedCertificate::chain has
/// them; empty if there is none. Keys and other text are skipped.
std::vector<std::string> chain_fingerprints(const std::string& pem);

}  // namespace agent
