#pragma once

#include <string_view>
#include <vector>

#include "agent/api/json_body.h"
#include "base/domain_name.h"

namespace agent {

/// The member `names` of a body: 1 to `max` different hostnames. What is wrong with one is noted
/// with its place, `names[3]`, and the rule `hostname` or `unique`.
std::vector<base::DomainName> take_names(JsonBody& body, std::size_t max);

}  // namespace agent
