#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// `count` at once, one more every `period / count`: a bucket as Let's Encrypt's limits are.
struct RateLimit {
  std::uint32_t count = 1;              ///< at least 1
  std::chrono::milliseconds period{0};  ///< above 0
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// Requests to one kind of endpoint, per address of ours.
struct RequestLimit {
  std::uint32_t per_second = 1;  ///< at least 1
  std::uint32_t burst = 1;       ///< at least 1
  friend bool operator==(const RequestLimit&, const RequestLimit&) = default;
};

/// What an authority limits. The numbers are stored.
enum class LimitKind {
  new_orders = 1,               ///< per account
  certificates_per_domain = 2,  ///< per registered domain, IPv4 address or IPv6 /64
  certificates_per_set = 3,     ///< per exact set of names
  failed_authorizations = 4,    ///< per account and name
  renewal_reserve = 5,          ///< ours: the part of new_orders kept for renewals
};

/// Why an order costs less than another. The numbers are stored.
enum class Exemption {
  none = 0,
  same_set = 1,  ///< a renewal of exactly the same names: no new_orders, no certificates_per_domain
  advised = 2,   ///< a renewal inside the window that its authority advises (RFC 9773): no limit
};

/// Which renewals an authority exempts.
enum class ExemptRenewals {
  none,
  advised,              ///< Exemption::advised
  advised_or_same_set,  ///< both, as Let's Encrypt does
};

/// Per second and address of ours; nullopt: no limit.
struct RequestLimits {
  std::optional<RequestLimit> new_nonce = std::nullopt;
  std::optional<RequestLimit> new_account = std::nullopt;
  std::optional<RequestLimit> new_order = std::nullopt;
  std::optional<RequestLimit> revoke = std::nullopt;
  std::optional<RequestLimit> renewal_info = std::nullopt;
  std::optional<RequestLimit> directory = std::nullopt;
  std::optional<RequestLimit> other = std::nullopt;
  friend bool operator==(const RequestLimits&, const RequestLimits&) = default;
};

/// The limits of one authority for our account there. nullopt: no limit that we know of; one that
/// it tells us of is kept all the same.
struct AuthorityLimits {
  std::optional<RateLimit> new_orders = std::nullopt;
  std::optional<RateLimit> certificates_per_domain = std::nullopt;
  std::optional<RateLimit> certificates_per_set = std::nullopt;
  std::optional<RateLimit> failed_authorizations = std::nullopt;
  RequestLimits requests{};
  ExemptRenewals exempt_renewals = ExemptRenewals::none;
  std::size_t names_per_certificate = 100;  ///< most names of one order
  /// Part of each limit that we use, above 0, at most 1: what is left makes up for requests that
  /// reach the authority sooner after each other than they left us, and for orders placed twice.
  double use = 0.97;
  /// Part of new_orders that only renewals may take, 0 to 0.9.
  double renewal_reserve = 0.1;
  friend bool operator==(const AuthorityLimits&, const AuthorityLimits&) = default;
};

/// Time as budgets count it: 30,000 a second is a token every 33 microseconds.
using BudgetTime = std::chrono::sys_time<std::chrono::microseconds>;

/// What a budget counts: certificates of one registered domain, orders of the account, ….
struct BudgetKey {
  LimitKind kind = LimitKind::new_orders;
  std::string subject{};  ///< registered domain, set or name; empty for the account
  friend auto operator<=>(const BudgetKey&, const BudgetKey&) = default;
};

/// How far a bucket is used up. The default is a full one.
struct BudgetState {
  BudgetTime full_at{};    ///< the TAT (see Gcra); without a limit: nothing before this
  BudgetTime queue_end{};  ///< the TAT once all that were told to come back have come
  std::optional<RateLimit> learned = std::nullopt;  ///< what the authority says the limit is

  /// A full bucket of which nothing is to be remembered.
  bool is_idle(BudgetTime now) const { return full_at <= now && queue_end <= now && !learned; }
  friend bool operator==(const BudgetState&, const BudgetState&) = default;
};

/// A budget as it is stored.
struct BudgetEntry {
  std::string authority{};  ///< name in the configuration
  BudgetKey key{};
  BudgetState state{};
  friend bool operator==(const BudgetEntry&, const BudgetEntry&) = default;
};

/// Whose limits to start from.
enum class LimitPreset { none, letsencrypt, letsencrypt_staging };
std::string_view to_string(LimitPreset preset);  ///< `letsencrypt-staging`, as in the configuration
std::optional<LimitPreset> parse_limit_preset(std::string_view text);

/// The preset of an authority by its directory's URL; none for all but Let's Encrypt's two.
LimitPreset preset_of(std::string_view directory_url);

/// Let's Encrypt's limits page of 2026-08-05. `profile` decides on names per certificate: 25 for
/// `tlsserver` and `shortlived`.
AuthorityLimits limits_of(LimitPreset preset, std::string_view profile);

}  // namespace agent
