#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/certificate.h"
#include "base/clock.h"
#include "base/domain_name.h"
#include "base/strong.h"

namespace agent {

/// Given by the store, from 1 on, never used twice.
using CertificateRequestId = base::Strong<struct CertificateRequestIdTag, std::int64_t>;

/// A key of ours and its CSR (RFC 2986), for a certificate that a hostname's owner gets elsewhere.
/// A value; the key is never logged and never sent to an API client.
struct CertificateRequest {
  CertificateRequestId id{0};
  std::string csr_pem{};
  std::string private_key_pem{};  ///< in memory only; the store seals it
  base::WallTime created{};

  friend bool operator==(const CertificateRequest&, const CertificateRequest&) = default;
};

/// A custom certificate that was checked, for a hostname.
struct CustomInstallation {
  base::DomainName hostname;
  CertificateBundle bundle{};  ///< its `id` and `state` are ignored
  /// When the hostname is to be automatic again; nullopt: never.
  std::optional<base::WallTime> return_at = std::nullopt;
  /// The request whose key it has: it has done its service and goes.
  std::optional<CertificateRequestId> request = std::nullopt;
};

/// What else is known of a hostname in mode custom.
struct CustomState {
  std::optional<base::WallTime> return_at = std::nullopt;  ///< CustomInstallation::return_at

  friend bool operator==(const CustomState&, const CustomState&) = default;
};

/// When the owners of custom certificates are told that these run out.
inline constexpr std::array custom_warning_days = {30, 14, 7, 3, 1};

/// What has become of custom certificates meanwhile.
struct CustomTending {
  struct Warned {
    base::DomainName hostname;
    base::WallTime not_after{};
    friend bool operator==(const Warned&, const Warned&) = default;
  };
  std::vector<Warned> warned{};              ///< those that run out soon, or have
  std::vector<base::DomainName> returned{};  ///< automatic again

  friend bool operator==(const CustomTending&, const CustomTending&) = default;
};

/// The custom certificates that hostnames use.
struct CustomCounts {
  static constexpr std::array days = {0, 1, 3, 7, 14, 30};

  std::uint64_t total = 0;
  /// How many run out within so many days; each has those before it.
  std::array<std::uint64_t, days.size()> within{};
  std::optional<base::WallTime> first_expiry = std::nullopt;

  friend bool operator==(const CustomCounts&, const CustomCounts&) = default;
};

}  // namespace agent
