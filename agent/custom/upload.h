#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/model/certificate.h"
#include "base/clock.h"
#include "base/domain_name.h"
#include "base/result.h"

namespace agent {

/// A certificate of another authority as a tenant brings it. One of `chain_pem` and `pkcs12` is
/// there.
struct CertificateUpload {
  std::string chain_pem{};   ///< certificates in any order; other blocks are an error
  std::string key_pem{};     ///< PKCS#8, PKCS#1 or SEC 1; empty: it is in pkcs12
  std::string pkcs12{};      ///< DER (RFC 7292), with key and certificates
  std::string passphrase{};  ///< of the key or the PKCS#12; may be empty
};

/// What is wrong with it, for the one who brought it.
struct UploadError {
  std::string field{};   ///< `chain`, `key`, `pkcs12`, `passphrase`, `hostname`
  std::string rule{};    ///< for programs: `key-matches`, `names`, `validity`, `weak-key`, ...
  std::string detail{};  ///< a sentence; never a part of a key or a passphrase
  friend bool operator==(const UploadError&, const UploadError&) = default;
};

/// An upload that may be installed.
struct CheckedCertificate {
  std::string chain_pem{};  ///< leaf first, each signed by the next; a root at the end is left out
  std::string key_pem{};    ///< PKCS#8, not encrypted
  std::vector<base::DomainName> names{};  ///< its DNS SANs that are hostnames, sorted
  std::string serial{};                   ///< upper-case hexadecimal, as HAProxy prints it
  std::string fingerprint{};              ///< SHA-1 of the DER leaf, likewise
  std::string issuer{};                   ///< common name of its issuer; may be empty
  base::WallTime not_before{};
  base::WallTime not_after{};
  KeyAlgorithm key = KeyAlgorithm::unknown;
};

/// Checks that the key is the leaf's and can sign, that the leaf is good for `hostname` (a wildcard
/// counts, RFC 6125 §6.4.3) and for a TLS server, that `now` is inside its validity, that the chain
/// is one after it is put in order, and that nothing in it is weak: RSA below 2048 bits, EC other
/// than P-256, P-384 and P-521, a signature with MD5 or SHA-1. Whom the root belongs to is the
/// tenant's to judge. The first thing that is wrong is the error. At most 64 KiB and 10
/// certificates. Blocks for some milliseconds, for half a second where a passphrase is made costly
/// to try: beyond OpeningCost::most the rule is `iterations`.
base::Result<CheckedCertificate, UploadError> check_upload(const CertificateUpload& upload,
                                                           const base::DomainName& hostname,
                                                           base::WallTime now);

}  // namespace agent
