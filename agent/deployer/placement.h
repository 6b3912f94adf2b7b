#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.h"

namespace agent {

/// Which hostnames go to which HAProxy: those below `suffix` to every instance that has all labels.
struct PlacementRule {
  std::string suffix;  ///< lower-case A-labels without a dot at either end, `eu.example.net`
  std::set<std::string> labels;
};

/// A set of instances, as Placement numbers it.
using DestinationId = std::uint32_t;
inline constexpr DestinationId everywhere = 0;

/// Decides which instances a certificate goes to, by the rule of the longest suffix for each of its
/// names; a name without a rule goes everywhere. Another way to choose (a zone) becomes another way
/// to a DestinationId. A value; place() takes time in the labels of a name, not in the rules.
class Placement {
 public:
  /// The labels of each instance, in the instances' order. A rule whose labels no instance has
  /// would leave its hostnames without a HAProxy: the configuration refuses it.
  Placement(std::span<const PlacementRule> rules,
            const std::vector<std::set<std::string>>& instances);

  DestinationId place(std::span<const base::DomainName> names);
  bool includes(DestinationId destination, std::size_t instance) const;

 private:
  using Members = std::vector<bool>;  ///< by instance

  const Members& members_for(std::string_view name) const;

  std::vector<Members> destinations_;  ///< by DestinationId; the first has all
  std::map<std::string, Members, std::less<>> by_suffix_;
  std::map<Members, DestinationId> known_;
};

}  // namespace agent
