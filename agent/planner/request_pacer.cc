#include "agent/planner/request_pacer.h"

#include <algorithm>

namespace agent {
namespace {

using acme::RequestKind;

const std::optional<RequestLimit>& limit_of(const RequestLimits& limits, RequestKind kind) {
  switch (kind) {
    case RequestKind::other: return limits.other;
    case RequestKind::directory: return limits.directory;
    case RequestKind::new_nonce: return limits.new_nonce;
    case RequestKind::new_account: return limits.new_account;
    case RequestKind::new_order: return limits.new_order;
    case RequestKind::revoke_certificate: return limits.revoke;
    case RequestKind::renewal_info: return limits.renewal_info;
  }
  return limits.other;
}

/// The bucket's clock is the one that nobody sets.
BudgetTime to_budget(base::MonotonicTime time) {
  return BudgetTime(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()));
}

base::MonotonicTime to_monotonic(BudgetTime time) {
  return base::MonotonicTime(
      std::chrono::ceil<base::MonotonicTime::duration>(time.time_since_epoch()));
}

}  // namespace

void RequestPacer::restrict_to(const RequestLimits& limits, double use) {
  use_ = std::min(use_, use);
  for (const RequestKind kind : all_request_kinds) {
    const std::optional<RequestLimit>& limit = limit_of(limits, kind);
    std::optional<RequestLimit>& held = lane(kind).limit;
    if (!limit) continue;
    if (!held) held = limit;
    held->per_second = std::min(held->per_second, limit->per_second);
    held->burst = std::min(held->burst, limit->burst);
  }
}

std::optional<Gcra> RequestPacer::gcra(RequestKind kind) const {
  const std::optional<RequestLimit>& limit = lane(kind).limit;
  if (!limit) return std::nullopt;
  return gcra_of(*limit, use_);
}

void RequestPacer::hold(RequestKind kind, base::MonotonicTime until) {
  lane(kind).held_until = std::max(lane(kind).held_until, until);
}

base::MonotonicTime RequestPacer::opens_at(RequestKind kind,
                                           base::MonotonicTime now,
                                           std::size_t requests) const {
  const base::MonotonicTime from = std::max(now, lane(kind).held_until);
  const std::optional<Gcra> bucket = gcra(kind);
  if (!bucket) return from;
  const BudgetTime opens = bucket->available_at(lane(kind).full_at, to_budget(from), requests);
  return std::max(from, to_monotonic(opens));
}

void RequestPacer::take(RequestKind kind, base::MonotonicTime now) {
  const std::optional<Gcra> bucket = gcra(kind);
  if (!bucket) return;
  const BudgetTime at = to_budget(now);
  lane(kind).full_at = std::max(lane(kind).full_at, at) + bucket->interval;
}

}  // namespace agent
