#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/private_key.h"
#include "acme/types.h"
#include "base/clock.h"
#include "base/result.h"

namespace acme {

/// What we need to know of an X.509 certificate. A value.
struct CertificateInfo {
  std::vector<std::string> names;  ///< its dNSName and iPAddress SANs, lower-case, sorted
  int other_names = 0;             ///< how many SANs are of another type
  std::string serial;              ///< upper-case hex without a leading 00, as HAProxy prints it
  base::WallTime not_before;
  base::WallTime not_after;
  std::string sha1;              ///< of the DER, 40 upper-case hex digits, as HAProxy prints it
  std::string authority_key_id;  ///< upper-case hex; empty without the extension
  std::string subject_cn;        ///< empty without one
  std::string issuer_cn;         ///< empty without one
  friend bool operator==(const CertificateInfo&, const CertificateInfo&) = default;
};

/// The certificates of a PEM chain, leaf first. Fails with bad_certificate: a block that is no
/// CERTIFICATE, no certificate at all, more than 10, more than 64 KiB.
base::Result<std::vector<CertificateInfo>, Error> parse_chain(std::string_view pem);

/// A chain that may be stored.
struct VerifiedChain {
  CertificateInfo leaf;
  std::string pem;  ///< encoded anew: certificates and nothing else
};

/// Checks a downloaded chain (RFC 8555 §7.4.2): besides parse_chain() the leaf has our public key,
/// its SANs are exactly `identifiers`, `now` is inside its validity (notBefore may be an hour
/// ahead: clocks differ), and each certificate is signed by the next. Trust in the root is not ours
/// to judge, and the root itself may be missing (RFC 8555 §9.1).
///
/// A leaf that came alone is refused if it says where its issuer's certificate is (caIssuers, RFC
/// 5280 §4.2.2.1): clients have to be sent that one, so the chain was cut. Every publicly trusted
/// leaf is from an intermediate (Baseline Requirements §6.1.7). A leaf alone that says nothing is
/// taken: a private root may have signed it. Fails with bad_certificate.
base::Result<VerifiedChain, Error> verify_chain(std::string_view pem,
                                                const PrivateKey& key,
                                                const std::vector<Identifier>& identifiers,
                                                base::WallTime now);

}  // namespace acme
