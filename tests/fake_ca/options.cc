#include "tests/fake_ca/options.h"

namespace fake_ca {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// `rate` a second on average, `burst` at once.
Limit per_second(int rate, int burst) {
  return {burst, std::chrono::milliseconds(1000) * burst / rate};
}

RequestLimits lets_encrypt_requests() {
  return {.new_nonce = per_second(20, 10),
          .new_account = per_second(5, 15),
          .new_order = per_second(300, 200),
          .revoke = per_second(10, 100),
          .renewal_info = per_second(1000, 100),
          .directory = per_second(40, 40),
          .other = per_second(250, 125)};
}

}  // namespace

std::string name_of(ChallengeType type) {
  switch (type) {
    case ChallengeType::http_01: return "http-01";
    case ChallengeType::dns_01: return "dns-01";
    case ChallengeType::tls_alpn_01: return "tls-alpn-01";
    case ChallengeType::dns_account_01: return "dns-account-01";
    case ChallengeType::dns_persist_01: return "dns-persist-01";
  }
  return {};
}

LimitOptions no_limits() {
  return {};
}

LimitOptions lets_encrypt_limits() {
  return {.new_orders = {300, hours(3)},
          .certificates_per_domain = {50, hours(168)},
          .certificates_per_set = {5, hours(168)},
          .failed_authorizations = {5, hours(1)},
          .consecutive_failures = {1152, hours(24) * 1152},
          .new_accounts = {10, hours(3)},
          .requests = lets_encrypt_requests(),
          .new_orders_overrides = {},
          .certificates_per_domain_overrides = {}};
}

LimitOptions lets_encrypt_staging_limits() {
  LimitOptions limits = lets_encrypt_limits();
  limits.new_orders = {1500, hours(3)};
  limits.certificates_per_domain = {30000, seconds(1)};
  limits.certificates_per_set = {30000, hours(168)};
  limits.failed_authorizations = {200, hours(1)};
  limits.consecutive_failures = {3600, hours(6)};
  limits.new_accounts = {50, hours(3)};
  limits.requests.new_order = per_second(20, 20);
  limits.requests.other = per_second(20, 20);
  return limits;
}

}  // namespace fake_ca
