#include "agent/planner/usage_judgement.h"

namespace agent {
namespace {

/// Between half of it and three halves.
std::chrono::milliseconds spread(std::chrono::milliseconds time, double jitter) {
  return std::chrono::floor<std::chrono::milliseconds>(time * (0.5 + jitter));
}

}  // namespace

UsageLook judge_usage(const HostnameUsage& usage,
                      const Lead& lead,
                      std::chrono::milliseconds after,
                      base::WallTime now,
                      double jitter) {
  UsageLook look{usage.name, now + spread(std::chrono::hours(24), jitter)};
  if (usage.traffic > 0 || lead.where == Lead::Where::to_us) return look;
  look.absent_since = usage.absent_since;
  look.unused_since = usage.unused_since;
  if (lead.where == Lead::Where::unknown) {
    look.next_look = now + spread(std::chrono::hours(1), jitter);
    return look;
  }
  look.absence = lead.detail;
  if (!look.absent_since || *look.absent_since > now) look.absent_since = now;
  if (!look.unused_since && now - *look.absent_since >= after) look.unused_since = now;
  return look;
}

}  // namespace agent
