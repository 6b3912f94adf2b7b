#pragma once

#include <string>
#include <vector>

#include "tests/agent/store/store_conformance.h"

namespace agent {

/// What every Store must do about revocations.
class RevocationConformance : public StoreConformance {
 protected:
  using Replacement = RevocationWish::Replacement;

  RevocationOutcome request(CertificateId id,
                            acme::RevocationReason reason = acme::RevocationReason::superseded,
                            Replacement replacement = Replacement::at_once,
                            base::WallTime now = start) {
    const RevocationWish wish{reason, replacement};
    return store().request_revocations(std::vector{id}, wish, now).value().at(0);
  }
  std::vector<std::int64_t> due(base::WallTime now = start) {
    std::vector<std::int64_t> ids;
    const auto tasks = store().due_revocations("letsencrypt", now, 100).value();
    for (const RevocationTask& task : tasks) ids.push_back(task.revocation.certificate.value());
    return ids;
  }
  Revocation known(CertificateId id) { return store().revocation(id).value().value(); }
  void replace(const std::string& text, const std::string& serial) {
    const CertificateBundle bundle = bundle_for({text}, serial);
    ASSERT_TRUE(store().finish_order(order_for({text}).id, bundle, start + std::chrono::hours(1)));
  }
};

}  // namespace agent
