#include "agent/model/hostname.h"

#include <array>

namespace agent {
namespace {

template <class Enum, std::size_t n>
std::optional<Enum> find_by_text(const std::array<Enum, n>& all, std::string_view text) {
  for (const Enum value : all) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(HostnameMode mode) {
  switch (mode) {
    case HostnameMode::automatic: return "automatic";
    case HostnameMode::off: return "off";
    case HostnameMode::wildcard: return "wildcard";
    case HostnameMode::custom: return "custom";
  }
  return "unknown";
}

std::string_view to_string(HttpsRedirect value) {
  switch (value) {
    case HttpsRedirect::off: return "off";
    case HttpsRedirect::on: return "on";
  }
  return "unknown";
}

std::string_view to_string(ChallengePath value) {
  switch (value) {
    case ChallengePath::answered: return "answered";
    case ChallengePath::left_alone: return "left_alone";
  }
  return "unknown";
}

std::string_view to_string(CertState state) {
  switch (state) {
    case CertState::none: return "none";
    case CertState::pending: return "pending";
    case CertState::ready: return "ready";
    case CertState::expired: return "expired";
    case CertState::disabled: return "disabled";
  }
  return "unknown";
}

std::optional<HostnameMode> parse_hostname_mode(std::string_view text) {
  return find_by_text(
      std::array{
          HostnameMode::automatic, HostnameMode::off, HostnameMode::wildcard, HostnameMode::custom},
      text);
}

std::optional<HttpsRedirect> parse_https_redirect(std::string_view text) {
  return find_by_text(std::array{HttpsRedirect::off, HttpsRedirect::on}, text);
}

std::optional<ChallengePath> parse_challenge_path(std::string_view text) {
  return find_by_text(std::array{ChallengePath::answered, ChallengePath::left_alone}, text);
}

std::optional<CertState> parse_cert_state(std::string_view text) {
  return find_by_text(std::array{CertState::none,
                                 CertState::pending,
                                 CertState::ready,
                                 CertState::expired,
                                 CertState::disabled},
                      text);
}

CertState cert_state(HostnameMode mode,
                     std::optional<base::WallTime> served_until,
                     base::WallTime now) {
  if (mode == HostnameMode::off) return CertState::disabled;
  if (!served_until) return CertState::pending;
  return now < *served_until ? CertState::ready : CertState::expired;
}

Urgency urgency(const Hostname& hostname) {
  if (hostname.unused_since) return Urgency::never;
  // Nobody waits for a second certificate: the hostname is served.
  if (hostname.role == CertificateRole::second) {
    return hostname.certificate ? Urgency::renewal : Urgency::retry;
  }
  if (hostname.failures == 0 && (hostname.renewal_requested || !hostname.certificate)) {
    return Urgency::person_waits;
  }
  return hostname.certificate ? Urgency::renewal : Urgency::retry;
}

}  // namespace agent
