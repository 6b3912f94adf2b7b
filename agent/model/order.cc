#include "agent/model/order.h"

#include <algorithm>

namespace agent {

ChallengePath challenge_path_of(const OrderRecord& order, const base::DomainName& name) {
  const auto& names = order.left_alone;
  const bool is_left_alone = std::find(names.begin(), names.end(), name) != names.end();
  return is_left_alone ? ChallengePath::left_alone : ChallengePath::answered;
}

}  // namespace agent
