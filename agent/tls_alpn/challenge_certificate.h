#pragma once

#include <memory>
#include <string_view>

#include <openssl/ssl.h>

#include "acme/answer.h"
#include "base/clock.h"

namespace agent {

struct FreeChallengeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using ChallengeKey = std::unique_ptr<EVP_PKEY, FreeChallengeKey>;
using ChallengeCertificate = std::unique_ptr<X509, FreeChallengeKey>;

/// A new P-256 key. Throws std::runtime_error if OpenSSL has no randomness.
ChallengeKey make_challenge_key();

/// The self-signed certificate of a tls-alpn-01 answer (RFC 8737 §3, RFC 8738 §4): exactly one SAN,
/// the identifier's, and the critical acmeIdentifier extension. Valid from an hour before `now`,
/// for a week: a verifier whose clock is off still sees it as valid, though RFC 8737 does not ask.
/// REQUIRES: no wildcard. Throws std::runtime_error for want of memory.
ChallengeCertificate make_challenge_certificate(const acme::TlsAlpnAnswer& answer,
                                                EVP_PKEY* key,
                                                base::WallTime now);

}  // namespace agent
