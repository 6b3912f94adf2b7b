#pragma once

#include <string>
#include <vector>

#include "acme/error.h"
#include "acme/private_key.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

/// The secret and the request of one certificate, made together before the order is placed.
struct CertificateKey {
  std::string private_key_pem;  ///< PKCS#8
  std::string csr;              ///< base64url of the PKCS#10 DER, as finalize wants it
  friend bool operator==(const CertificateKey&, const CertificateKey&) = default;
};

/// A new key, and a CSR whose subject is empty and whose SANs are exactly `identifiers` (RFC 8555
/// §7.4). Can take seconds with RSA: run it on a pool thread. Thread-safe. Fails with
/// key_generation_failed. REQUIRES: identifiers is not empty.
base::Result<CertificateKey, Error> make_certificate_key(
    KeyType type, const std::vector<Identifier>& identifiers);

/// The same with a key that exists: what pins it (TLSA records, RFC 6698; an application) goes on
/// being right.
CertificateKey reuse_certificate_key(const PrivateKey& key,
                                     const std::vector<Identifier>& identifiers);

/// The PKCS#10 DER alone, for a key that exists.
std::string encode_csr(const PrivateKey& key, const std::vector<Identifier>& identifiers);

}  // namespace acme
