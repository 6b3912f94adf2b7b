#pragma once

#include <string>
#include <vector>

#include "agent/api/problem.h"
#include "agent/platform/hostname_changes.h"

namespace agent {

/// The problem that wishes which break rules are answered with: forbidden if one of them is about
/// who asks, else invalid_fields. `field` is the place of the only name, or of the list of them.
Problem to_problem(const std::vector<RefusedName>& refused, const std::string& field, bool is_list);
Problem to_problem(const RuleViolation& violation, const std::string& field);

}  // namespace agent
