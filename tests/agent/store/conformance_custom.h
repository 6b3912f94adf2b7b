#pragma once

#include <string>
#include <vector>

#include "tests/agent/store/store_conformance.h"

namespace agent {

/// Certificates that owners of hostnames bring.
class StoreCustom : public StoreConformance {
 protected:
  static CustomInstallation installation_for(std::string_view text,
                                             const std::string& serial = "0C01") {
    CustomInstallation installation{name(text), bundle_for({text}, serial)};
    Certificate& certificate = installation.bundle.certificate;
    certificate.authority = custom_authority;
    certificate.account.clear();
    certificate.cert_id.clear();
    certificate.next_check.reset();
    certificate.bundle_path = "_custom." + std::string(text) + ".pem";
    certificate.renew_at = certificate.not_after;
    return installation;
  }

  CertificateId install(std::string_view text, const std::string& serial = "0C01") {
    return store().install_certificate(installation_for(text, serial), start).value();
  }

  CertificateRequestId request(std::string_view text, const std::string& csr) {
    const CertificateRequest made{.csr_pem = csr, .private_key_pem = "key of " + csr};
    return store().put_certificate_request(name(text), made, start).value();
  }

  std::vector<std::string> warned(base::WallTime now) {
    const CustomTending tending = store().tend_custom_certificates(now, 100).value();
    std::vector<std::string> texts;
    for (const auto& one : tending.warned) texts.push_back(one.hostname.text());
    return texts;
  }
};

}  // namespace agent
