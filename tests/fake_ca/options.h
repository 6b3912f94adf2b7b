#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fake_ca/gcra.h"
#include "tests/fake_ca/problem.h"

namespace fake_ca {

enum class ChallengeType { http_01, dns_01, tls_alpn_01, dns_account_01, dns_persist_01 };

inline constexpr ChallengeType all_challenge_types[] = {ChallengeType::http_01,
                                                        ChallengeType::dns_01,
                                                        ChallengeType::tls_alpn_01,
                                                        ChallengeType::dns_account_01,
                                                        ChallengeType::dns_persist_01};
std::string name_of(ChallengeType type);  ///< `http-01`

/// Requests per second and IP address, by endpoint (Boulder's load balancer).
struct RequestLimits {
  Limit new_nonce, new_account, new_order, revoke, renewal_info, directory, other;
  friend bool operator==(const RequestLimits&, const RequestLimits&) = default;
};

/// The limits of reference §12; a burst of 0 is none.
struct LimitOptions {
  Limit new_orders = {};               ///< per account
  Limit certificates_per_domain = {};  ///< per registered domain, all accounts
  Limit certificates_per_set = {};     ///< per exact set of identifiers, all accounts
  Limit failed_authorizations = {};    ///< per account and identifier
  Limit consecutive_failures = {};     ///< per account and identifier; beyond it a name is paused
  Limit new_accounts = {};             ///< per IP address
  RequestLimits requests = {};
  /// Other values by key: account URL or number, registered domain.
  std::map<std::string, Limit> new_orders_overrides = {};
  std::map<std::string, Limit> certificates_per_domain_overrides = {};
  friend bool operator==(const LimitOptions&, const LimitOptions&) = default;
};

LimitOptions no_limits();
LimitOptions lets_encrypt_limits();          ///< of 2026-08-05
LimitOptions lets_encrypt_staging_limits();  ///< of 2026-08-05

/// What one profile's certificates are like (the profiles draft).
struct Profile {
  std::string description = {};
  std::chrono::seconds validity = std::chrono::hours(24 * 90);
  std::size_t max_names = 100;
  std::chrono::seconds valid_authorization_life = std::chrono::hours(24 * 30);
  std::chrono::seconds pending_authorization_life = std::chrono::hours(24 * 7);
  std::chrono::seconds order_life = std::chrono::hours(24 * 7);
  bool allows_ip = true;
  bool has_common_name = false;
};

enum class Validation {
  fetch,        ///< the answer is fetched and judged
  always_valid  ///< nobody is asked
};

/// When subproblems are in a refusal: Boulder leaves them out when there is only one.
enum class Subproblems { always, as_boulder, never };

/// How the authority behaves. Everything may change while it runs.
struct Options {
  Validation validation = Validation::fetch;
  std::chrono::milliseconds validation_time{0};  ///< at least, from the challenge's POST
  std::chrono::milliseconds processing_time{0};  ///< from finalize to the certificate
  std::vector<ChallengeType> challenge_types = {
      ChallengeType::http_01, ChallengeType::dns_01, ChallengeType::tls_alpn_01};
  std::vector<std::string> issuer_domain_names = {"fake-ca.example"};  ///< dns-persist-01, CAA
  /// Challenge errors by bare identifier in place of what was found there.
  std::map<std::string, Problem> verdicts = {};

  bool reuses_authorizations = true;  ///< valid and pending ones
  bool reuses_orders = true;          ///< pending and ready ones
  Subproblems subproblems = Subproblems::as_boulder;
  std::vector<std::string> blocked_domains = {};  ///< they and what is below: rejectedIdentifier
  bool allows_ip = true;                          ///< otherwise unsupportedIdentifier

  std::map<std::string, Profile> profiles = {};           ///< none: the directory has no profiles
  std::string default_profile = {};                       ///< of `profiles`; empty: `classic` below
  Profile classic = {};                                   ///< what an order without a profile gets
  std::chrono::seconds backdate = std::chrono::hours(1);  ///< of notBefore
  std::chrono::seconds validity_skew = std::chrono::seconds(0);  ///< of notBefore and notAfter
  std::chrono::seconds date_skew = std::chrono::seconds(0);      ///< of the Date header
  int alternate_chains = 0;

  bool terms_must_be_agreed = true;
  std::string terms_refusal = "malformed";  ///< Pebble's is agreementRequired
  bool external_account_required = false;
  std::map<std::string, std::string> external_accounts = {};  ///< kid → MAC key, decoded
  std::vector<std::string> public_suffixes = {};              ///< of more than one label

  bool offers_renewal_info = true;
  std::chrono::seconds renewal_info_retry_after = std::chrono::hours(6);
  std::optional<std::chrono::seconds> order_retry_after = {};  ///< in orders being processed
  std::optional<std::chrono::seconds> authorization_retry_after = {};  ///< in pending ones

  LimitOptions limits = {};
};

}  // namespace fake_ca
