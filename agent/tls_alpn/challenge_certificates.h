#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "acme/answer.h"
#include "agent/tls_alpn/challenge_certificate.h"
#include "base/clock.h"

namespace agent {

/// The tls-alpn-01 answers that are to be seen now, by the server name the authority asks for. All
/// calls from any thread.
class ChallengeCertificates {
 public:
  explicit ChallengeCertificates(const base::Clock& clock) : clock_(clock) {}

  /// Seen by every handshake that begins later. Replaces another answer of the same name: the order
  /// it belonged to is lost. Throws std::runtime_error for want of memory or randomness.
  void put(const acme::TlsAlpnAnswer& answer);
  /// This answer and no other of its name.
  void remove(const acme::TlsAlpnAnswer& answer);
  std::size_t size() const;

  /// Gives the handshake the certificate for `server_name`, in any case; false if there is none.
  bool use(SSL* ssl, std::string_view server_name) const;

 private:
  struct Entry {
    acme::Sha256 digest;
    ChallengeCertificate certificate;
  };

  const base::Clock& clock_;
  const ChallengeKey key_ = make_challenge_key();  // of all: it proves nothing
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;  // guarded by mutex_
};

}  // namespace agent
