#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/domain_name.h"
#include "base/strong.h"

namespace agent {

/// Given by the store, from 1 on, never used twice.
using CertificateId = base::Strong<struct CertificateIdTag, std::int64_t>;

/// The numbers are stored.
enum class CertificateState {
  issued = 0,   ///< in the store; files and HAProxy may not have it yet
  served = 1,   ///< a handshake has shown that HAProxy serves it
  retired = 2,  ///< to be taken off HAProxy, its file deleted, and then forgotten
};

std::string_view to_string(CertificateState state);

/// What a client must be able to check to be served a certificate. The numbers are stored.
enum class KeyAlgorithm {
  unknown = 0,  ///< of a certificate from before this was kept
  ecdsa = 1,
  rsa = 2,
};

std::string_view to_string(KeyAlgorithm algorithm);  ///< `ecdsa`, `rsa`; empty for unknown
/// The one a hostname's other certificate has; of unknown unknown.
KeyAlgorithm other_than(KeyAlgorithm algorithm);

/// Which of a hostname's certificates. Only with two key types is there a second one: it comes once
/// the first is served, has the other algorithm, and a life of its own that the first knows nothing
/// of (docs/design/0002-two-key-types.md). The numbers are stored.
enum class CertificateRole { first = 0, second = 1 };

/// When its authority advises to renew a certificate (RFC 9773 §4.2), and the moment in it that we
/// have chosen, once: a restart or the same advice again does not draw it anew.
struct RenewalAdvice {
  base::WallTime window_start{};
  base::WallTime window_end{};
  base::WallTime instant{};
  std::string explanation_url{};  ///< for people; may be empty

  friend bool operator==(const RenewalAdvice&, const RenewalAdvice&) = default;
};

/// What is known of a certificate without its PEM. A value.
struct Certificate {
  CertificateId id{0};
  std::string authority{};  ///< name in the configuration of the authority that issued it
  std::string account{};    ///< thumbprint of our account there; empty if not known
  std::string cert_id{};    ///< what the authority calls it (RFC 9773 §4.1); empty without one
  std::vector<base::DomainName> names{};
  std::string serial{};       ///< upper-case hexadecimal, as HAProxy's `show ssl cert` prints it
  std::string fingerprint{};  ///< SHA-1 of the DER leaf, likewise
  base::WallTime not_before{};
  base::WallTime not_after{};
  base::WallTime renew_at{};  ///< by our rule, or by the advice of its authority
  std::optional<RenewalAdvice> advice = std::nullopt;
  /// When to ask for advice again; nullopt: never.
  std::optional<base::WallTime> next_check = std::nullopt;
  std::uint32_t failed_checks = 0;  ///< in a row
  CertificateState state = CertificateState::issued;
  std::string bundle_path{};  ///< of the PEM file, relative to the certificates' folder; safe text
  KeyAlgorithm key = KeyAlgorithm::unknown;

  friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// `Certificate::authority` of one that its hostname's owner has brought; no authority of the
/// configuration has this name. It counts for its hostname only, whatever other names are in it:
/// `names` is that one.
inline constexpr std::string_view custom_authority = "custom";

/// A certificate with what its PEM bundle is made of. Never logged, never sent to an API client.
struct CertificateBundle {
  Certificate certificate{};
  std::string chain_pem{};        ///< leaf first
  std::string private_key_pem{};  ///< in memory only; the store seals it

  friend bool operator==(const CertificateBundle&, const CertificateBundle&) = default;
};

}  // namespace agent
