#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/revocation.h"
#include "agent/model/certificate.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// How far a revocation is. The numbers are stored.
enum class RevocationState {
  pending = 0,  ///< to be asked for at next_attempt, as often as it takes
  revoked = 1,  ///< the authority has said so
  refused = 2,  ///< the authority will not; a person may ask again
};

std::string_view to_string(RevocationState state);

/// That a certificate is to be revoked (RFC 8555 §7.6), or was. It outlives the certificate, which
/// its replacement displaces. A value.
struct Revocation {
  CertificateId certificate{0};  ///< perhaps gone
  std::string authority{};       ///< name in the configuration
  std::string account{};         ///< thumbprint of the account that ordered it
  std::vector<base::DomainName> names{};
  std::string serial{};
  base::WallTime not_after{};
  acme::RevocationReason reason = acme::RevocationReason::unspecified;
  RevocationState state = RevocationState::pending;
  base::WallTime requested{};
  /// Its hostnames get their new certificate first, if they do by next_attempt.
  bool awaits_replacement = false;
  std::optional<base::WallTime> next_attempt = std::nullopt;  ///< while pending
  std::uint32_t failures = 0;                                 ///< attempts in a row
  std::string last_error{};                                   ///< of the last attempt
  std::optional<base::WallTime> revoked_at = std::nullopt;

  friend bool operator==(const Revocation&, const Revocation&) = default;
};

/// A revocation with what its request is made of. Never logged, never sent to an API client.
struct RevocationTask {
  Revocation revocation{};
  std::string chain_pem{};
  std::string private_key_pem{};  ///< the certificate's; in memory only, the store seals it
};

/// What is asked for.
struct RevocationWish {
  acme::RevocationReason reason = acme::RevocationReason::unspecified;
  /// Of hostnames in mode automatic that use the certificate.
  enum class Replacement {
    none,
    at_once,     ///< as if a person had asked for the renewal
    as_renewal,  ///< before its time, and behind those who wait for their first certificate
  } replacement = Replacement::at_once;
};

enum class RevocationOutcome { requested, under_way, already_revoked, not_found };

/// What an attempt has brought.
struct RevocationAttempt {
  CertificateId certificate{0};
  RevocationState state = RevocationState::revoked;
  std::string error{};            ///< of what has not succeeded
  base::WallTime next_attempt{};  ///< if it is still pending
};

}  // namespace agent
