#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/certificate.h"
#include "agent/model/hostname.h"
#include "agent/model/limits.h"
#include "base/clock.h"
#include "base/domain_name.h"
#include "base/strong.h"

namespace agent {

/// Given by the store, from 1 on, never used twice.
using OrderId = base::Strong<struct OrderIdTag, std::int64_t>;

/// What the planner decides on: one certificate for these names, each named once.
struct NewOrder {
  std::string authority{};  ///< name in the configuration
  std::vector<base::DomainName> names{};
  std::string replaces{};  ///< Certificate::cert_id of the one it renews; empty for none
  Exemption exemption = Exemption::none;  ///< what it was not charged for
  CertificateRole role = CertificateRole::first;
  KeyAlgorithm key = KeyAlgorithm::unknown;  ///< of the certificate; unknown: the configuration's

  friend bool operator==(const NewOrder&, const NewOrder&) = default;
};

/// An order that is open: it has been decided on and is neither finished nor given up. A value.
struct OrderRecord {
  OrderId id{0};
  std::string authority{};  ///< name in the configuration
  std::vector<base::DomainName> names{};
  base::WallTime created{};
  /// The order machine's state with the certificate's private key (store/order_document.h). The
  /// store seals it and does not look inside; empty until the first save_order().
  std::string document{};
  std::string stage{};         ///< where the order is, for people: `validating`
  std::uint32_t failures = 0;  ///< failed orders in a row before this one; its worst name's
  std::string replaces{};      ///< as in NewOrder
  Exemption exemption = Exemption::none;  ///< as in NewOrder
  CertificateRole role = CertificateRole::first;
  KeyAlgorithm key = KeyAlgorithm::unknown;  ///< as in NewOrder
  /// Since when the name that has failed longest has failed; nullopt if none has, and if one of
  /// them has a certificate.
  std::optional<base::WallTime> failing_since = std::nullopt;
  /// Those of the names whose ChallengePath is left_alone.
  std::vector<base::DomainName> left_alone{};

  friend bool operator==(const OrderRecord&, const OrderRecord&) = default;
};

ChallengePath challenge_path_of(const OrderRecord& order, const base::DomainName& name);

/// An answer that HAProxy must give now when an authority asks for it (RFC 8555 §8.3).
struct LiveChallenge {
  base::DomainName name;
  std::string token{};
  std::string key_authorization{};

  friend bool operator==(const LiveChallenge&, const LiveChallenge&) = default;
};

}  // namespace agent
