#pragma once

#include <cstdint>

#include <openssl/x509.h>

#include "base/result.h"

namespace agent {

/// How much work it is to derive the keys that open a container or a key, before any is done: its
/// maker says how often a hash is repeated, up to 2^31 times. A value.
class OpeningCost {
 public:
  /// Repetitions in all: what is usual is 2,048 to 100,000, and what is advised for passwords
  /// (OWASP, 2023) 600,000. Half a second.
  static constexpr std::uint64_t most = 600'000;

  /// Adds what decryption by that algorithm takes (RFC 8018 PBES1 and PBES2 with PBKDF2, RFC 7292
  /// appendix C, RFC 7914 scrypt); false if it is too much by now, or is no number. Algorithms that
  /// are none of these cost nothing: OpenSSL refuses them.
  bool add(const X509_ALGOR& algorithm);
  /// The same for repetitions; nullptr is one.
  bool add_iterations(const ASN1_INTEGER* iterations, std::uint64_t times = 1);

 private:
  bool add(std::uint64_t repetitions);

  std::uint64_t sum_ = 0;
};

}  // namespace agent
