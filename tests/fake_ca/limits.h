#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/fake_ca/gcra.h"
#include "tests/fake_ca/options.h"
#include "tests/fake_ca/records.h"

namespace fake_ca {

/// The buckets of all limits. What they allow comes with each question, since it may change.
class Limits {
 public:
  /// The refusal of a new order with Boulder's text, and a Retry-After that is the furthest of all
  /// limits that are hit; otherwise takes a token for the order.
  std::optional<Problem> refuse_order(const Options& options,
                                      const Order& order,
                                      base::WallTime now,
                                      base::Random& random);
  std::optional<Problem> refuse_account(const Options& options,
                                        const std::string& address,
                                        base::WallTime now,
                                        base::Random& random);
  /// Seconds to wait if the address asks too often; takes a token otherwise. `bucket` names the
  /// endpoint's class.
  std::optional<std::chrono::seconds> refuse_request(const Limit& limit,
                                                     const std::string& bucket,
                                                     const std::string& address,
                                                     base::WallTime now);

  void note_certificate(const Options& options, const Order& order, base::WallTime now);
  void note_failure(const Options& options,
                    AccountId account,
                    const Identifier& identifier,
                    base::WallTime now);
  void note_success(AccountId account, const Identifier& identifier);
  /// Lets all paused names of an account go on.
  void unpause(AccountId account);
  void forget();

  /// Tokens that an account has spent of its new orders and not got back.
  long new_orders_spent(const Options& options, AccountId account, base::WallTime now) const;

 private:
  struct Hit {
    Gcra::Duration wait;
    std::string detail;
  };
  std::vector<Hit> hits(const Options& options, const Order& order, base::WallTime now) const;
  std::optional<Problem> refuse_paused(const Order& order) const;

  Gcra new_orders_, certificates_per_domain_, certificates_per_set_, failed_authorizations_,
      consecutive_failures_, new_accounts_, requests_;
  std::set<std::pair<AccountId, std::string>> paused_;
};

/// The identifiers in one text, the key of the limit on exact sets.
std::string set_key(const std::vector<Identifier>& identifiers);

}  // namespace fake_ca
