#include "agent/api/admin_api.h"

#include <utility>

namespace agent {

AdminApi::AdminApi(Parts parts)
    : store_(parts.store),
      rules_(std::move(parts.rules)),
      token_book_(store_, parts.clock),
      metrics_page_(parts.metrics, parts.figures, store_, parts.clock),
      hostnames_(store_, parts.clock, parts.changes, rules_),
      certificates_(store_, parts.clock, parts.changes, rules_),
      custom_(store_,
              parts.clock,
              parts.changes,
              rules_,
              parts.haproxy,
              std::move(parts.custom_bundle_path)),
      exports_(store_, parts.clock, rules_),
      authorities_(parts.figures),
      accounts_(parts.accounts),
      revocations_(store_, parts.clock, parts.changes, parts.accounts),
      orders_(store_),
      haproxy_(store_, parts.haproxy),
      import_(store_, parts.clock, parts.changes, rules_),
      tenants_(store_, parts.clock),
      zones_(store_, parts.clock, parts.changes, rules_),
      tokens_(store_, parts.clock, parts.random, token_book_),
      service_(store_, parts.readiness, metrics_page_, std::move(parts.version)) {
  service_.add_public_to(public_);
  service_.add_public_to(admin_);
  service_.add_admin_to(admin_);
  hostnames_.add_to(admin_);
  revocations_.add_to(admin_);
  certificates_.add_to(admin_);
  custom_.add_to(admin_);
  exports_.add_to(admin_);
  authorities_.add_to(admin_);
  accounts_.add_to(admin_);
  orders_.add_to(admin_);
  haproxy_.add_to(admin_);
  import_.add_to(admin_);
  tenants_.add_to(admin_);
  zones_.add_to(admin_);
  tokens_.add_to(admin_);
}

}  // namespace agent
