#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "tests/agent/store/store_conformance.h"

namespace agent {

/// The conformance suite of hostnames with two key types: docs/design/0002-two-key-types.md.
class SecondCertificates : public StoreConformance {
 protected:
  static constexpr std::array both = {KeyAlgorithm::ecdsa, KeyAlgorithm::rsa};

  void SetUp() override { want(both); }

  void want(std::span<const KeyAlgorithm> algorithms, base::WallTime now = start) {
    ASSERT_TRUE(store().set_key_algorithms(algorithms, now));
  }

  /// A hostname whose first certificate, an ECDSA one, is served.
  CertificateId serve_first(std::initializer_list<std::string_view> texts) {
    add(texts);
    CertificateBundle bundle = bundle_for(texts, "01");
    bundle.certificate.key = KeyAlgorithm::ecdsa;
    const CertificateId id = store().finish_order(order_for(texts).id, bundle, start).value();
    serve(id);
    return id;
  }

  std::vector<DueHostname> due_seconds(base::WallTime now = start) {
    std::vector<DueHostname> due = store().due_hostnames(now, 100).value();
    std::erase_if(
        due, [](const DueHostname& one) { return one.hostname.role == CertificateRole::first; });
    return due;
  }

  std::vector<OrderRecord> place_second(std::initializer_list<std::string_view> texts,
                                        base::WallTime now = start) {
    NewOrder order{"letsencrypt", names(texts)};
    order.role = CertificateRole::second;
    order.key = KeyAlgorithm::rsa;
    return store().create_orders(std::vector{order}, now).value();
  }
  CertificateId issue_second(std::initializer_list<std::string_view> texts,
                             const std::string& serial = "02") {
    const OrderRecord order = place_second(texts).at(0);
    CertificateBundle bundle = bundle_for(texts, serial);
    bundle.certificate.key = KeyAlgorithm::rsa;
    bundle.certificate.bundle_path = "_rsa." + bundle.certificate.bundle_path;
    return store().finish_order(order.id, bundle, start).value();
  }
};

}  // namespace agent
