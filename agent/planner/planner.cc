#include "agent/planner/planner.h"

#include <algorithm>

namespace agent {
namespace {

using namespace std::chrono_literals;

/// What a probe of an authority may take: its other orders wait for it.
constexpr auto room_time = 30s;

enum class Decision { leave, order, postpone, hold };

Decision decide(const DueHostname& due, const Policy& policy, base::WallTime now) {
  const Hostname& hostname = due.hostname;
  if (hostname.mode == HostnameMode::off || !hostname.next_attempt) return Decision::leave;
  if (*hostname.next_attempt > now) return Decision::leave;
  if (!due.certificate || hostname.renewal_requested) return Decision::order;
  if (due.certificate->renew_at > now) return Decision::postpone;
  const bool held = policy.renewals_held_until && now < *policy.renewals_held_until;
  return held ? Decision::hold : Decision::order;
}

/// Empty if nothing can be said to be replaced.
std::string replaced_by(const DueHostname& due, const AuthorityChoice& authority) {
  if (!due.certificate || authority.account.empty()) return {};
  const bool is_theirs =
      due.certificate->authority == authority.name && due.certificate->account == authority.account;
  return is_theirs ? due.certificate->cert_id : std::string();
}

/// When the authority takes orders; not after `now` if at once.
base::WallTime opening(const AuthorityChoice& authority, base::WallTime now) {
  if (authority.paused_until && *authority.paused_until > now) return *authority.paused_until;
  return authority.room == 0U ? now + room_time : now;
}

base::WallTime opening_for(const DueHostname& due,
                           const AuthorityChoice& authority,
                           base::WallTime now) {
  base::WallTime at = opening(authority, now);
  for (const Refusal& refusal : due.refusals) {
    if (refusal.authority == authority.name) at = std::max(at, refusal.until);
  }
  return at;
}

/// Where an order goes, and when.
struct Destination {
  AuthorityChoice& authority;
  base::WallTime at;
};

/// REQUIRES: `authorities` is not empty.
Destination choose(const DueHostname& due,
                   std::span<AuthorityChoice> authorities,
                   base::WallTime now) {
  const base::WallTime latest = now + slack(due, now);
  AuthorityChoice* soonest = &authorities.front();
  for (AuthorityChoice& authority : authorities) {
    const base::WallTime at = opening_for(due, authority, now);
    if (at <= latest) return {authority, at};
    if (at < opening_for(due, *soonest, now)) soonest = &authority;
  }
  return {*soonest, opening_for(due, *soonest, now)};
}

void wake_at(Plan& plan, base::WallTime time) {
  if (!plan.wake_up || time < *plan.wake_up) plan.wake_up = time;
}

void place(Plan& plan,
           const DueHostname& due,
           std::span<AuthorityChoice> authorities,
           base::WallTime now) {
  const base::DomainName& name = due.hostname.name;
  const Destination to = choose(due, authorities, now);
  if (to.at == now) {
    plan.orders.push_back({to.authority.name, {name}, replaced_by(due, to.authority)});
    if (to.authority.room) --*to.authority.room;
    return;
  }
  const bool does_anyone =
      std::any_of(authorities.begin(), authorities.end(), [now](const auto& other) {
        return opening(other, now) == now;
      });
  if (!does_anyone) return wake_at(plan, to.at);
  plan.postponed.push_back({name, to.at});
}

}  // namespace

base::WallTime::duration slack(const DueHostname& due, base::WallTime now) {
  if (!due.certificate || due.hostname.renewal_requested) return patience;
  const Certificate& certificate = *due.certificate;
  const auto margin = (certificate.not_after - certificate.not_before) / 12;
  return std::max<base::WallTime::duration>(0ms, certificate.not_after - margin - now);
}

Plan plan_orders(std::span<const DueHostname> due, const Policy& policy, base::WallTime now) {
  Plan plan;
  std::vector<AuthorityChoice> authorities = policy.authorities;  // their room gets less
  for (const DueHostname& candidate : due) {
    switch (decide(candidate, policy, now)) {
      case Decision::leave: break;
      case Decision::order: place(plan, candidate, authorities, now); break;
      case Decision::postpone:
        plan.postponed.push_back({candidate.hostname.name, candidate.certificate->renew_at});
        break;
      case Decision::hold: wake_at(plan, *policy.renewals_held_until); break;
    }
  }
  return plan;
}

}  // namespace agent
