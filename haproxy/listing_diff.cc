#include "haproxy/listing_diff.h"

namespace haproxy {
namespace {

/// nullopt if the certificate is as it shall be.
std::optional<Action> action_for(const Fingerprint& wanted, const ActualCertificate* actual) {
  if (!actual || !actual->in_list) return Action::add;
  if (!actual->fingerprint) return Action::inspect;
  return *actual->fingerprint == wanted ? std::nullopt : std::optional(Action::renew);
}

}  // namespace

// Both maps are sorted by path: one walk along them, side by side.
std::vector<DiffStep> plan_steps(const DesiredCertificates& desired,
                                 const ActualCertificates& actual,
                                 std::string_view own_folder) {
  std::vector<DiffStep> steps;
  std::vector<DiffStep> removals;
  auto at = actual.begin();
  const auto remove_before = [&](const std::string* path) {
    for (; at != actual.end() && (!path || at->first < *path); ++at) {
      if (at->first.starts_with(own_folder)) removals.push_back({Action::remove, at->first});
    }
  };
  for (const auto& [path, fingerprint] : desired) {
    remove_before(&path);
    const bool present = at != actual.end() && at->first == path;
    if (const auto action = action_for(fingerprint, present ? &at->second : nullptr))
      steps.push_back({*action, path});
    if (present) ++at;
  }
  remove_before(nullptr);
  steps.insert(steps.end(), removals.begin(), removals.end());
  return steps;
}

}  // namespace haproxy
