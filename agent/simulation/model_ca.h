#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/model/limits.h"
#include "base/clock.h"

namespace agent {

/// The limits of an authority as the authority itself keeps them, for a simulation: the whole
/// configured ones, with arithmetic of its own. It decides by what it has seen itself on what is
/// exempt.
class ModelCa {
 public:
  explicit ModelCa(const AuthorityLimits& limits) : limits_(limits) {}

  /// One order as it arrives.
  struct Order {
    std::vector<std::string> names;    ///< sorted
    std::vector<std::string> domains;  ///< registered domains, each once
    /// The window that we advised for the certificate it says it replaces.
    std::optional<base::WallTime> window_start = std::nullopt;
    std::optional<base::WallTime> window_end = std::nullopt;
  };

  /// nullopt: accepted. Else it is a 429, and this is its Retry-After as an instant.
  std::optional<base::WallTime> new_order(const Order& order, base::WallTime now);
  void issue(const Order& order, base::WallTime now);
  void fail_authorization(const std::string& name, base::WallTime now);

  std::uint64_t refusals() const { return refusals_; }
  /// Orders that took one of the account's tokens.
  std::uint64_t charged_orders() const { return charged_orders_; }

 private:
  using Times = std::unordered_map<std::string, std::int64_t>;  ///< microseconds since 1970

  bool is_advised(const Order& order, base::WallTime now) const;
  static std::string set_of(const Order& order);

  AuthorityLimits limits_;
  std::int64_t orders_ = 0;
  Times domains_;
  Times sets_;
  Times failures_;
  Times issued_;  ///< when a set was last issued
  std::uint64_t refusals_ = 0;
  std::uint64_t charged_orders_ = 0;
};

}  // namespace agent
