#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/certificate.h"
#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// Who looks after a hostname's certificate. The numbers are stored.
enum class HostnameMode {
  automatic = 0,  ///< we do: ordered when added, renewed for ever
  off = 1,        ///< nobody: no certificate, plain HTTP answers only
  wildcard = 2,   ///< the wildcard of its zone, and nothing else; ordered and renewed by us
  custom = 3,     ///< its owner: what is installed is served, nothing is ordered
};

/// Whether plain HTTP is to be sent to HTTPS; honoured only while a certificate is being served.
/// The numbers are stored.
enum class HttpsRedirect { off = 0, on = 1 };

/// Whose the path /.well-known/acme-challenge/ of a hostname is. The numbers are stored.
enum class ChallengePath {
  answered = 0,    ///< challenges of ours are answered there
  left_alone = 1,  ///< the application's: never answered by us, and http-01 is not used
};

/// Whether certificates may be ordered for it.
constexpr bool is_ordered(HostnameMode mode) {
  return mode == HostnameMode::automatic || mode == HostnameMode::wildcard;
}

/// What `tls-status` says of a hostname (design: the interface to HAProxy).
enum class CertState {
  none,      ///< not a hostname of ours
  pending,   ///< ours, and no certificate has been served yet
  ready,     ///< a valid certificate is being served
  expired,   ///< the last certificate served has expired
  disabled,  ///< mode off
};

/// In what order hostnames that are due get their turn. The numbers are stored.
enum class Urgency {
  person_waits = 0,     ///< first issuance not yet failed, or a renewal that somebody asked for
  renewal = 1,          ///< a certificate is there and will run out
  retry = 2,            ///< no certificate, and the attempts so far failed; or no second one yet
  charged_renewal = 3,  ///< a renewal that has to wait for a new-order token (set by postpone())
  never = 4,            ///< the hostname is unused (Hostname::unused_since)
};
/// In the order of their turns; `never` has none.
inline constexpr std::array all_urgencies = {
    Urgency::person_waits, Urgency::renewal, Urgency::charged_renewal, Urgency::retry};

std::string_view to_string(HostnameMode mode);    ///< `automatic`, `off`, `wildcard`, `custom`
std::string_view to_string(HttpsRedirect value);  ///< `on`, `off`
std::string_view to_string(ChallengePath value);  ///< `answered`, `left_alone`
std::string_view to_string(CertState state);
/// The inverses of to_string(); nullopt for any other text.
std::optional<HostnameMode> parse_hostname_mode(std::string_view text);
std::optional<HttpsRedirect> parse_https_redirect(std::string_view text);
std::optional<ChallengePath> parse_challenge_path(std::string_view text);
std::optional<CertState> parse_cert_state(std::string_view text);

/// A DNS name that the proxy serves, and where it stands with one of its certificates, the first if
/// nothing else is said. A value; the store has the truth.
struct Hostname {
  base::DomainName name;
  HostnameMode mode = HostnameMode::automatic;
  HttpsRedirect https_redirect = HttpsRedirect::off;
  ChallengePath challenge_path = ChallengePath::answered;
  base::WallTime created{};
  std::optional<base::DomainName> zone = std::nullopt;  ///< that owns it; nullopt: the platform's
  /// The wildcard hostname whose certificate it uses or waits for; nullopt: its own.
  std::optional<base::DomainName> covered_by = std::nullopt;
  /// The newest one issued in `role`; perhaps not served yet. While it waits for the wildcard's:
  /// its own.
  std::optional<CertificateId> certificate = std::nullopt;
  /// notAfter of the newest first certificate proven to be served. Stays while a renewal is under
  /// way.
  std::optional<base::WallTime> served_until = std::nullopt;
  /// When to look at it again; nullopt while an order is open, while it is covered, and in mode
  /// off.
  std::optional<base::WallTime> next_attempt = std::nullopt;
  std::uint32_t failures = 0;      ///< orders that failed in a row
  std::string last_error{};        ///< of the last failed order; empty after a success
  bool parked = false;             ///< last_error says what a person has to change
  bool renewal_requested = false;  ///< order a new certificate though renew_at has not come
  /// Not renewed from then on: it has not led to us for too long (HostnameUsage).
  std::optional<base::WallTime> unused_since = std::nullopt;
  std::optional<base::WallTime> absent_since = std::nullopt;  ///< as in HostnameUsage
  std::string absence{};                                      ///< as in UsageLook
  /// Which certificate this is about, from `certificate` on (but served_until).
  CertificateRole role = CertificateRole::first;

  friend bool operator==(const Hostname&, const Hostname&) = default;
};

/// The state of a hostname of ours, hence never `none`. At `served_until` itself it has expired.
CertState cert_state(HostnameMode mode,
                     std::optional<base::WallTime> served_until,
                     base::WallTime now);

Urgency urgency(const Hostname& hostname);

/// What a second certificate has to know of the first.
struct FirstCertificate {
  std::optional<Certificate> certificate = std::nullopt;
  bool has_order = false;
  std::uint32_t failures = 0;                                 ///< as in Hostname
  std::optional<base::WallTime> next_attempt = std::nullopt;  ///< as in Hostname

  friend bool operator==(const FirstCertificate&, const FirstCertificate&) = default;
};

/// An authority that will not have a hostname before `until`, though it may have others.
struct Refusal {
  std::string authority{};  ///< name in the configuration
  base::WallTime until{};

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// A certificate is near expiry when this part of its lifetime is left, 1/12: half of what renewals
/// leave at least (renewal_time_by_advice()), a week of three months.
inline constexpr int near_expiry_part = 12;

/// A hostname whose next_attempt has come, with what the planner needs to know of its certificate.
struct DueHostname {
  Hostname hostname;
  std::optional<Certificate> certificate = std::nullopt;
  std::vector<Refusal> refusals{};  ///< that are not over
  /// The hostnames that use this certificate and have neither an open order nor a failure, if the
  /// certificate has several names: they are renewed together. For a second certificate that is
  /// not there yet, those that use the first and lack theirs. Sorted; empty for one name.
  std::vector<base::DomainName> together{};
  /// With a second certificate only.
  std::optional<FirstCertificate> first = std::nullopt;

  friend bool operator==(const DueHostname&, const DueHostname&) = default;
};

/// How often HAProxy asks for a hostname, in powers of four of what is seen of it.
struct HostnameTraffic {
  static constexpr std::uint8_t busiest = 7;
  base::DomainName name;
  std::uint8_t level = 0;  ///< 0: nothing was seen

  friend bool operator==(const HostnameTraffic&, const HostnameTraffic&) = default;
};

/// Hostnames of one urgency to be looked at, at most `limit`.
struct DueQuery {
  Urgency urgency;
  std::size_t limit;
  friend bool operator==(const DueQuery&, const DueQuery&) = default;
};

/// A hostname that is due and needs no order now: when to look at it again.
struct Postponement {
  base::DomainName name;
  base::WallTime next_attempt{};
  /// Has to wait for a new-order token: from now on it is Urgency::charged_renewal.
  enum class Wait { time, new_order_token } wait = Wait::time;
  CertificateRole role = CertificateRole::first;

  friend bool operator==(const Postponement&, const Postponement&) = default;
};

}  // namespace agent
