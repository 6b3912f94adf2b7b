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
    case EventKind::certificate_installed: return "certificate installed";
    case EventKind::certificate_request_made: return "certificate request made";
    case EventKind::custom_certificate_expires: return "custom certificate expires";
    case EventKind::custom_certificate_expired: return "custom certificate expired";
    case EventKind::certificate_exported: return "certificate exported";
    case EventKind::hostname_unused: return "hostname unused";
    case EventKind::hostname_used_again: return "hostname used again";
    case EventKind::account_registered: return "account registered";
    case EventKind::account_lost: return "account lost";
    case EventKind::account_key_changing: return "account key changing";
    case EventKind::account_key_changed: return "account key changed";
    case EventKind::account_key_kept: return "account key kept";
    case EventKind::account_updated: return "account updated";
    case EventKind::account_closed: return "account closed";
    case EventKind::revocation_requested: return "revocation requested";
    case EventKind::certificate_revoked: return "certificate revoked";
    case EventKind::revocation_refused: return "revocation refused";
    case EventKind::hostname_uncovered: return "hostname uncovered";
    case EventKind::tenant_saved: return "tenant saved";
    case EventKind::tenant_removed: return "tenant removed";
    case EventKind::zone_saved: return "zone saved";
    case EventKind::zone_removed: return "zone removed";
    case EventKind::token_saved: return "token saved";
    case EventKind::token_removed: return "token removed";
    case EventKind::haproxy_connected: return "haproxy connected";
    case EventKind::haproxy_lost: return "haproxy lost";
    case EventKind::haproxy_refused: return "haproxy refused";
    case EventKind::haproxy_jammed: return "haproxy jammed";
    case EventKind::haproxy_reloaded: return "haproxy reloaded";
  }
  return "unknown";
}

}  // namespace agent
