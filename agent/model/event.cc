#include "agent/model/event.h"

namespace agent {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::hostname_added: return "hostname added";
    case EventKind::hostname_updated: return "hostname updated";
    case EventKind::hostname_removed: return "hostname removed";
    case EventKind::renewal_requested: return "renewal requested";
    case EventKind::order_created: return "order created";
    case EventKind::order_failed: return "order failed";
    case EventKind::certificate_issued: return "certificate issued";
    case EventKind::certificate_replaced: return "certificate replaced";
    case EventKind::certificate_served: return "certificate served";
    case EventKind::certificate_retired: return "certificate retired";
    case EventKind::certificate_forgotten: return "certificate forgotten";
    case EventKind::account_saved: return "account saved";
    case EventKind::renewal_moved: return "renewal moved";
    case EventKind::order_abandoned: return "order abandoned";
  }
  return "unknown";
}

}  // namespace agent
