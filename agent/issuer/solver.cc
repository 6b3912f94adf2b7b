#include "agent/issuer/solver.h"

#include <utility>

namespace agent {

acme::Error present_failure(std::vector<acme::Subproblem> causes) {
  return {.code = acme::Errc::present_failed,
          .origin = acme::Origin::local,
          .context = {},
          .detail = {},
          .subproblems = std::move(causes)};
}

}  // namespace agent
