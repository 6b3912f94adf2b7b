#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/authenticator.h"
#include "agent/api/store_access.h"
#include "agent/model/api_token.h"
#include "agent/planner/gcra.h"
#include "base/clock.h"
#include "base/random.h"

namespace agent {

/// `acme_spoa_` and 32 random bytes in base64url.
std::string new_token_text(base::Random& random);
/// SHA-256 of the text, 32 bytes.
std::string hash_of_token(std::string_view text);

/// How often the API may be used over TCP.
struct TokenLimits {
  RequestLimit per_token{50, 200};
  RequestLimit refused{1, 20};  ///< requests without a valid token, from all peers together
};

/// Knows the tokens in memory, and whom they stand for: `Authorization: Bearer TOKEN` (RFC 6750
/// §2.1). What is compared is hashes, in constant time; the text is never kept and never logged.
/// Control thread only; what the references name outlives it.
class TokenBook final : public Authenticator {
 public:
  TokenBook(StoreAccess& store, const base::Clock& clock, TokenLimits limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  base::asio::awaitable<base::Result<Actor, Problem>> authenticate(
      std::string_view authorization) override;

  /// The store has changed: reads the tokens again at the next request.
  void forget() { ++wanted_version_; }

 private:
  struct Entry {
    ApiToken token;
    BudgetTime requests{};  ///< the TAT of its requests
  };

  base::asio::awaitable<std::optional<Problem>> load();
  Entry* find(std::string_view text);
  BudgetTime now() const;

  StoreAccess& store_;
  const base::Clock& clock_;
  const TokenLimits limits_;
  std::map<std::string, Entry> entries_;  ///< by name
  BudgetTime refused_{};                  ///< the TAT of refused requests
  std::uint64_t wanted_version_ = 1;
  std::uint64_t version_ = 0;  ///< of what is in entries_
};

}  // namespace agent
