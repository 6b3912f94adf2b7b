#include "agent/model/account.h"

namespace agent {

std::string_view to_string(AccountStatus status) {
  switch (status) {
    case AccountStatus::valid: return "valid";
    case AccountStatus::deactivated: return "deactivated";
    case AccountStatus::revoked: return "revoked";
  }
  return "unknown";
}

}  // namespace agent
