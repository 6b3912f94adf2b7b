#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// The limits of an authority that its words tell apart.
enum class RateLimitKind {
  new_orders,               ///< per account
  certificates_per_domain,  ///< per registered domain, or address range
  certificates_per_set,     ///< per exact set of identifiers
  failed_authorizations,    ///< per account and identifier
  new_accounts,             ///< per address
};

/// What the `detail` of a rateLimited problem says.
struct RateLimitDetail {
  RateLimitKind kind;
  /// How many are allowed in `period`, and the period: the account's real ones, overrides included;
  /// none if the text does not say.
  std::optional<std::uint32_t> count = std::nullopt;
  std::optional<std::chrono::seconds> period = std::nullopt;
  std::string subject{};  ///< registered domain, range or identifier; empty where there is none

  friend bool operator==(const RateLimitDetail&, const RateLimitDetail&) = default;
};

/// Reads Boulder's words (ratelimits, 2026-08): `too many new orders (300) from this account in the
/// last 3h0m0s, retry after …`. Matches loosely; nullopt for what it does not know: then the limit
/// counts for the whole account. Never fails, whatever the text.
std::optional<RateLimitDetail> parse_rate_limit_detail(std::string_view detail);

}  // namespace acme
