#pragma once

#include <set>
#include <string>
#include <string_view>

#include "acme/openssl.h"
#include "base/result.h"
#include "tests/fake_ca/problem.h"

namespace fake_ca {

/// A certificate request that could be fulfilled (RFC 8555 §7.4).
struct CertificateRequest {
  std::set<Identifier> identifiers;  ///< of its SANs, and of its common name
  std::shared_ptr<EVP_PKEY> key;
};

/// `csr` is base64url of PKCS#10 DER. badCSR: what is no request, a wrong self-signature, a weak
/// key or one of another kind than authorities take, SANs that are neither dNSName nor iPAddress, a
/// common name that is too long or is no SAN, must-staple; malformed: no base64url.
base::Result<CertificateRequest, Problem> parse_csr(std::string_view csr);

/// base64url of the SHA-256 of the SubjectPublicKeyInfo: to find a key again.
std::string fingerprint_of_key(EVP_PKEY* key);

}  // namespace fake_ca
