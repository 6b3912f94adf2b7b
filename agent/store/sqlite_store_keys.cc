#include <utility>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {

StoreResult<std::optional<std::string>> SqliteStore::reusable_key(OrderId order) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  if (!has_order(order)) {
    return transaction.give_up(
        {StoreErrc::gone, "order " + std::to_string(order.value()) + " is no longer open"});
  }
  std::optional<CertificateId> renewed;
  for (const HostnameDetail& detail : load_hostnames_of(order)) {
    const std::optional<CertificateId> certificate = detail.hostname.certificate;
    if (!certificate || (renewed && *renewed != *certificate)) {
      return transaction.finish(std::optional<std::string>());
    }
    renewed = certificate;
  }
  if (!renewed) return transaction.finish(std::optional<std::string>());
  sqlite::Query row(*database_,
                    "SELECT b.sealed_key FROM certificates c JOIN bundles b ON "
                    "b.certificate_id = c.id WHERE c.id = ?1 AND c.key_compromised = 0",
                    *renewed);
  std::optional<std::string> key;
  if (row.next()) key = unseal(row.text(0), purpose_of_key(*renewed));
  return transaction.finish(std::move(key));
}

StoreResult<void> SqliteStore::mark_key_compromised(CertificateId certificate, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::size_t marked =
      sqlite::Query(
          *database_, "UPDATE certificates SET key_compromised = 1 WHERE id = ?1", certificate)
          .run();
  if (marked == 0) {
    return transaction.give_up(
        {StoreErrc::not_found, "no certificate " + std::to_string(certificate.value())});
  }
  std::vector<OrderId> orders;
  {
    sqlite::Query rows(*database_,
                       "SELECT order_id FROM hostnames WHERE certificate_id = ?1 "
                       "AND order_id IS NOT NULL UNION SELECT order_id FROM second_certificates "
                       "WHERE certificate_id = ?1 AND order_id IS NOT NULL",
                       certificate);
    while (rows.next()) orders.emplace_back(rows.integer(0));
  }
  for (const OrderId order : orders) {
    for (const HostnameDetail& detail : load_hostnames_of(order)) {
      append_event(EventKind::order_abandoned,
                   detail.hostname.name.text(),
                   "its key is compromised; ordered anew",
                   now);
    }
    abandon_order(order, now);
  }
  return transaction.finish();
}

}  // namespace agent
