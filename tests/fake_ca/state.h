#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "tests/fake_ca/limits.h"
#include "tests/fake_ca/nonces.h"
#include "tests/fake_ca/options.h"
#include "tests/fake_ca/records.h"
#include "tests/fake_ca/signer.h"
#include "tests/fake_ca/validation.h"

namespace fake_ca {

/// What tests count.
struct Statistics {
  std::map<std::string, int> requests;  ///< by endpoint
  std::map<std::string, int> refusals;  ///< by problem type
  int validations = 0;                  ///< challenges judged
  int failed_validations = 0;
  int repeated_responses = 0;  ///< to a challenge that was being judged already
  int orders = 0;
  int reused_orders = 0;
  int finalized = 0;
  int issued = 0;
  int exempt_orders = 0;  ///< ARI renewals in their window
};

/// All that the authority knows. The endpoints' functions work on it.
struct State {
  State(const base::Clock& wall, base::Random& source, Options wish);

  base::WallTime now() const { return clock.wall(); }
  const Profile& profile_of(const std::string& name) const;

  Account* find(AccountId id);
  Order* find(OrderId id);
  Authorization* find(AuthorizationId id);
  Certificate* find(CertificateNumber number);
  Account* find_account(const std::string& thumbprint);
  Certificate* find_certificate(const std::string& cert_id);

  /// Lets everything happen whose time has come: verdicts, certificates.
  void advance();
  /// The authorization as of now: it may have expired.
  void settle(Authorization& authorization);
  /// The order as its authorizations make it (RFC 8555 §7.1.6).
  void settle(Order& order);
  void conclude(AuthorizationId id, std::optional<Problem> fault);
  /// Forgets accounts, orders and authorizations as a new Pebble would; certificates too.
  void forget_accounts();
  void forget_orders();

  struct Verdict {
    AuthorizationId authorization;
    std::optional<Problem> fault;
  };
  struct Issuance {
    OrderId order;
  };

  const base::Clock& clock;
  base::Random& random;
  Options options;
  Signer signer;
  Nonces nonces;
  Limits limits;
  Statistics statistics;

  std::uint64_t last_id = 0;
  std::unordered_map<AccountId, Account> accounts;
  std::unordered_map<std::string, AccountId> accounts_by_thumbprint;
  std::unordered_map<OrderId, Order> orders;
  std::unordered_map<std::string, OrderId> orders_by_content;  ///< the last one
  std::unordered_map<AuthorizationId, Authorization> authorizations;
  std::unordered_map<std::string, AuthorizationId> authorizations_by_content;  ///< the last one
  std::map<CertificateNumber, Certificate> certificates;
  std::unordered_map<std::string, CertificateNumber> certificates_by_id;
  std::unordered_map<std::string, OrderId> replacements;  ///< certID → order that replaces it
  std::unordered_map<std::string, base::WallTime> last_issued;  ///< by set_key()
  std::multimap<base::WallTime, std::variant<Verdict, Issuance>> due;
  std::deque<ValidationTask> tasks;  ///< not yet taken by the validation authority

 private:
  void happen(const Verdict& verdict, base::WallTime at);
  void happen(const Issuance& issuance, base::WallTime at);
};

/// What a new authorization is found by when it may be reused.
std::string content_key(AccountId account,
                        const std::string& profile,
                        const Identifier& identifier);
/// The same for an order.
std::string content_key(const Order& order);

}  // namespace fake_ca
