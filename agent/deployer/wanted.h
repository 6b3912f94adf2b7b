#pragma once

#include <chrono>
#include <map>
#include <string>

#include "agent/deployer/placement.h"
#include "agent/model/certificate.h"
#include "base/domain_name.h"
#include "haproxy/listing_diff.h"

namespace agent {

/// A certificate that HAProxy should have, and whose file is on disk.
struct WantedCertificate {
  CertificateId id;
  haproxy::Fingerprint fingerprint;
  base::DomainName probe_name;  ///< what a handshake asks for
  /// A handshake has shown it before: a process that lists its fingerprint needs no other proof.
  bool served = false;
  /// When its file was written. A process that began to load later has loaded it.
  std::chrono::sys_seconds written = std::chrono::sys_seconds::max();
  DestinationId destination = everywhere;
  /// A handshake offers signatures of this algorithm only, so that the certificate of the other one
  /// that its name may have as well is not shown instead.
  KeyAlgorithm key = KeyAlgorithm::unknown;
  std::string sni{};  ///< CrtListBundle::sni
};

/// What HAProxy should have, by the absolute path of the file, which is the name it knows it by.
/// The deployer writes it, the instances read it; control thread only.
using WantedCertificates = std::map<std::string, WantedCertificate, std::less<>>;

}  // namespace agent
