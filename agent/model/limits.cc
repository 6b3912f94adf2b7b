#include "agent/model/limits.h"

#include <array>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr std::array presets = {
    LimitPreset::none, LimitPreset::letsencrypt, LimitPreset::letsencrypt_staging};

AuthorityLimits letsencrypt() {
  AuthorityLimits limits;
  limits.new_orders = RateLimit{300, 3h};
  limits.certificates_per_domain = RateLimit{50, 168h};
  limits.certificates_per_set = RateLimit{5, 168h};
  limits.failed_authorizations = RateLimit{5, 1h};
  limits.requests = {.new_nonce = RequestLimit{20, 10},
                     .new_account = RequestLimit{5, 15},
                     .new_order = RequestLimit{300, 200},
                     .revoke = RequestLimit{10, 100},
                     .renewal_info = RequestLimit{1000, 100},
                     .directory = RequestLimit{40, 40},
                     .other = RequestLimit{250, 125}};
  limits.exempt_renewals = ExemptRenewals::advised_or_same_set;
  return limits;
}

AuthorityLimits letsencrypt_staging() {
  AuthorityLimits limits = letsencrypt();
  limits.new_orders = RateLimit{1500, 3h};
  limits.certificates_per_domain = RateLimit{30'000, 1s};
  limits.certificates_per_set = RateLimit{30'000, 168h};
  limits.failed_authorizations = RateLimit{200, 1h};
  limits.requests.new_order = RequestLimit{20, 20};
  limits.requests.other = RequestLimit{20, 20};
  return limits;
}

}  // namespace

std::string_view to_string(LimitPreset preset) {
  switch (preset) {
    case LimitPreset::none: return "none";
    case LimitPreset::letsencrypt: return "letsencrypt";
    case LimitPreset::letsencrypt_staging: return "letsencrypt-staging";
  }
  return "none";
}

std::optional<LimitPreset> parse_limit_preset(std::string_view text) {
  for (const LimitPreset preset : presets) {
    if (to_string(preset) == text) return preset;
  }
  return std::nullopt;
}

LimitPreset preset_of(std::string_view directory_url) {
  if (directory_url.starts_with("https://acme-v02.api.letsencrypt.org/")) {
    return LimitPreset::letsencrypt;
  }
  if (directory_url.starts_with("https://acme-staging-v02.api.letsencrypt.org/")) {
    return LimitPreset::letsencrypt_staging;
  }
  return LimitPreset::none;
}

AuthorityLimits limits_of(LimitPreset preset, std::string_view profile) {
  AuthorityLimits limits;
  switch (preset) {
    case LimitPreset::none: return limits;
    case LimitPreset::letsencrypt: limits = letsencrypt(); break;
    case LimitPreset::letsencrypt_staging: limits = letsencrypt_staging(); break;
  }
  if (profile == "tlsserver" || profile == "shortlived") limits.names_per_certificate = 25;
  return limits;
}

}  // namespace agent
