#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "acme/certificate.h"
#include "acme/error.h"
#include "acme/types.h"
#include "base/clock.h"
#include "base/result.h"

namespace acme {

/// Names a certificate towards its authority (RFC 9773 §4.1): base64url of the key identifier of
/// its Authority Key Identifier, `.`, base64url of its serial's DER content. nullopt for a
/// certificate without that extension.
std::optional<CertId> cert_id(const CertificateInfo& certificate);

/// When an authority wants a certificate renewed (RFC 9773 §4.2). A value.
struct RenewalInfo {
  base::WallTime start;
  base::WallTime end;           ///< after start
  std::string explanation_url;  ///< for people: why the window is what it is; empty without one
  friend bool operator==(const RenewalInfo&, const RenewalInfo&) = default;
};

/// Fails with bad_response: no JSON object, no suggestedWindow, a time that is none of RFC 3339, a
/// window that does not end after its start. An explanationURL that is no URL, or longer than 1
/// KiB, is left out.
base::Result<RenewalInfo, Error> parse_renewal_info(std::string_view json);

/// The moment in the window at which to renew (RFC 9773 §4.2): uniformly random, so that
/// certificates with the same window do not come together. One that is not after now means: renew
/// now. `jitter` is uniform in [0, 1).
base::WallTime renewal_instant(const RenewalInfo& info, double jitter);

/// Delay to the next look after a success: the authority's Retry-After within a minute and a day
/// (RFC 9773 §4.3.2), without one six hours.
std::chrono::seconds renewal_check_delay(std::optional<std::chrono::seconds> retry_after);

/// Delay to the next look after the n-th failure in a row (n ≥ 1), without jitter (RFC 9773
/// §4.3.3): of what passes (no connection, a 5xx) 1 min doubling to 6 h; of what stays (a 4xx, a
/// document that makes no sense) 6 h. A Retry-After wins, within a minute and a day.
std::chrono::seconds renewal_check_backoff(const Error& error, int failures_in_a_row);

}  // namespace acme
