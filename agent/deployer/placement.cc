#include "agent/deployer/placement.h"

#include <algorithm>

namespace agent {

Placement::Placement(std::span<const PlacementRule> rules,
                     const std::vector<std::set<std::string>>& instances) {
  destinations_.push_back(Members(instances.size(), true));
  known_.emplace(destinations_.front(), everywhere);
  for (const PlacementRule& rule : rules) {
    Members members;
    for (const std::set<std::string>& labels : instances) {
      members.push_back(
          std::includes(labels.begin(), labels.end(), rule.labels.begin(), rule.labels.end()));
    }
    by_suffix_.insert_or_assign(rule.suffix, std::move(members));
  }
}

const Placement::Members& Placement::members_for(std::string_view name) const {
  while (true) {
    const auto found = by_suffix_.find(name);
    if (found != by_suffix_.end()) return found->second;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return destinations_.front();
    name.remove_prefix(dot + 1);
  }
}

DestinationId Placement::place(std::span<const base::DomainName> names) {
  if (by_suffix_.empty() || names.empty()) return everywhere;
  Members all(destinations_.front().size(), false);
  for (const base::DomainName& name : names) {
    const Members& members = members_for(name.bare());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = all[i] || members[i];
  }
  const auto next = static_cast<DestinationId>(destinations_.size());
  const auto [at, is_new] = known_.emplace(all, next);
  if (is_new) destinations_.push_back(std::move(all));
  return at->second;
}

bool Placement::includes(DestinationId destination, std::size_t instance) const {
  return destinations_[destination][instance];
}

}  // namespace agent
