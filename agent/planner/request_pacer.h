#pragma once

#include <array>
#include <cstddef>

#include "acme/http_client.h"
#include "agent/model/limits.h"
#include "agent/planner/gcra.h"
#include "base/clock.h"

namespace agent {

inline constexpr std::array all_request_kinds = {acme::RequestKind::other,
                                                 acme::RequestKind::directory,
                                                 acme::RequestKind::new_nonce,
                                                 acme::RequestKind::new_account,
                                                 acme::RequestKind::revoke_certificate,
                                                 acme::RequestKind::renewal_info,
                                                 acme::RequestKind::new_order};

/// When requests of each kind may leave for one server: a bucket for each, and what the server has
/// asked for by Retry-After. Without limits everything may leave at once. A value; pure.
class RequestPacer {
 public:
  /// Another account of ours at the same server: both are one address to it, so that the stricter
  /// limit of each kind holds for both. `use`: AuthorityLimits::use.
  void restrict_to(const RequestLimits& limits, double use);

  /// The server wants no requests of this kind for so long; what it wanted before stays.
  void hold(acme::RequestKind kind, base::MonotonicTime until);
  base::MonotonicTime held_until(acme::RequestKind kind) const { return lane(kind).held_until; }

  /// When the `requests`-th from now on may leave, if no others do; `now` or later.
  base::MonotonicTime opens_at(acme::RequestKind kind,
                               base::MonotonicTime now,
                               std::size_t requests = 1) const;
  /// One leaves. REQUIRES: opens_at() is not later than `now`.
  void take(acme::RequestKind kind, base::MonotonicTime now);

 private:
  struct Lane {
    std::optional<RequestLimit> limit = std::nullopt;
    BudgetTime full_at{};
    base::MonotonicTime held_until{};
  };
  Lane& lane(acme::RequestKind kind) { return lanes_[static_cast<std::size_t>(kind)]; }
  const Lane& lane(acme::RequestKind kind) const { return lanes_[static_cast<std::size_t>(kind)]; }
  std::optional<Gcra> gcra(acme::RequestKind kind) const;

  std::array<Lane, all_request_kinds.size()> lanes_{};
  double use_ = 1;
};

}  // namespace agent
