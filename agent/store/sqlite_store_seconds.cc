// Second certificates: see docs/design/0002-two-key-types.md.

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

constexpr std::string_view wanted_key = "second_certificates";  // in `meta`: `1` or `0`

std::vector<base::DomainName> read_column(sqlite::Connection& database, sqlite::Query& rows) {
  std::vector<base::DomainName> names;
  while (rows.next()) {
    std::optional<base::DomainName> name = read_name(database, rows.text(0));
    if (!name) break;
    names.push_back(*std::move(name));
  }
  return names;
}

}  // namespace

std::optional<HostnameDetail> SqliteStore::load_second(const base::DomainName& name) {
  static const std::string sql = select_second_certificates("WHERE s.name = ?1");
  sqlite::Query row(*database_, sql, name.text());
  if (!row.next()) return std::nullopt;
  return read_hostname(*database_, row, CertificateRole::second);
}

std::vector<HostnameDetail> SqliteStore::load_seconds_of(OrderId order) {
  static const std::string sql =
      select_second_certificates("WHERE s.order_id = ?1 ORDER BY s.name");
  sqlite::Query rows(*database_, sql, order);
  return read_hostnames(*database_, rows, CertificateRole::second);
}

std::optional<SecondCertificate> SqliteStore::second_of(const base::DomainName& name) {
  std::optional<HostnameDetail> detail = load_second(name);
  if (!detail) return std::nullopt;
  Hostname& second = detail->hostname;
  return SecondCertificate{std::move(detail->certificate),
                           std::move(detail->order),
                           second.next_attempt,
                           second.failures,
                           std::move(second.last_error),
                           second.parked};
}

void SqliteStore::save_second(const Hostname& second, std::optional<OrderId> order) {
  sqlite::Query(*database_,
                "UPDATE second_certificates SET certificate_id = ?2, order_id = ?3, "
                "next_attempt = ?4, urgency = ?5, failures = ?6, last_error = ?7, parked = ?8, "
                "renewal_requested = ?9 WHERE name = ?1",
                second.name.text(),
                second.certificate,
                order,
                second.next_attempt,
                static_cast<std::int64_t>(urgency(second)),
                static_cast<std::int64_t>(second.failures),
                second.last_error,
                static_cast<std::int64_t>(second.parked),
                static_cast<std::int64_t>(second.renewal_requested))
      .run();
  append_change(ChangeKind::hostname, second.name.text());
}

void SqliteStore::rank_second(const base::DomainName& name) {
  const std::optional<HostnameDetail> second = load_second(name);
  if (!second) return;
  save_second(second->hostname, second->order ? std::optional(second->order->id) : std::nullopt);
}

std::vector<DueHostname> SqliteStore::due_seconds_of(Urgency urgency,
                                                     base::WallTime now,
                                                     std::size_t limit) {
  static const std::string sql = select_second_certificates(
      "WHERE s.urgency = ?1 AND s.next_attempt <= ?2 ORDER BY s.next_attempt, s.name LIMIT ?3");
  std::vector<HostnameDetail> details;
  {
    sqlite::Query rows(
        *database_, sql, static_cast<std::int64_t>(urgency), now, static_cast<std::int64_t>(limit));
    details = read_hostnames(*database_, rows, CertificateRole::second);
  }
  std::vector<DueHostname> due;
  for (HostnameDetail& detail : details) {
    DueHostname& added =
        due.emplace_back(DueHostname{std::move(detail.hostname), std::move(detail.certificate)});
    complete_due_second(added, now);
  }
  return due;
}

void SqliteStore::complete_due_second(DueHostname& due, base::WallTime now) {
  due.refusals = refusals_of(due.hostname, now);
  std::optional<HostnameDetail> first = load_hostname(due.hostname.name);
  if (!first) return;  // damaged: the error sticks
  if (due.certificate && due.certificate->names.size() > 1) {
    due.together = seconds_renewed_with(due.certificate->id);
  } else if (!due.certificate && first->certificate && first->certificate->names.size() > 1) {
    due.together = seconds_missing_beside(first->certificate->id);
  }
  due.first = FirstCertificate{std::move(first->certificate),
                               first->order.has_value(),
                               first->hostname.failures,
                               first->hostname.next_attempt};
}

std::vector<base::DomainName> SqliteStore::seconds_renewed_with(CertificateId certificate) {
  sqlite::Query rows(*database_,
                     "SELECT s.name FROM second_certificates s JOIN hostnames h ON h.name = s.name "
                     "WHERE s.certificate_id = ?1 AND s.order_id IS NULL AND h.order_id IS NULL "
                     "AND s.failures = 0 AND h.unused_since IS NULL ORDER BY s.name",
                     certificate);
  return read_column(*database_, rows);
}

std::vector<base::DomainName> SqliteStore::seconds_missing_beside(CertificateId first) {
  sqlite::Query rows(*database_,
                     "SELECT s.name FROM hostnames h JOIN second_certificates s ON s.name = h.name "
                     "WHERE h.certificate_id = ?1 AND h.order_id IS NULL AND s.order_id IS NULL "
                     "AND s.certificate_id IS NULL AND s.failures = 0 AND h.unused_since IS NULL "
                     "ORDER BY s.name",
                     first);
  return read_column(*database_, rows);
}

void SqliteStore::request_renewal_of_second(const base::DomainName& name, base::WallTime now) {
  std::optional<HostnameDetail> detail = load_second(name);
  if (!detail || detail->order) return;
  Hostname& second = detail->hostname;
  second.next_attempt = now;
  second.failures = 0;
  second.parked = false;
  second.renewal_requested = true;
  save_hostname(second, std::nullopt);
  forget_refusals(name, CertificateRole::second);
}

bool SqliteStore::are_seconds_wanted() {
  sqlite::Query row(*database_, "SELECT value FROM meta WHERE key = ?1", wanted_key);
  return row.next() && row.text(0) == "1";
}

void SqliteStore::want_seconds_beside(CertificateId first, base::WallTime now) {
  if (!are_seconds_wanted()) return;
  // Those that were put off while the first was ordered.
  sqlite::Query(*database_,
                "UPDATE second_certificates SET next_attempt = ?2 "
                "WHERE name IN (SELECT name FROM hostnames WHERE certificate_id = ?1) "
                "AND order_id IS NULL AND failures = 0 AND next_attempt > ?2 AND "
                "(certificate_id IS NULL OR renewal_requested OR "
                "(SELECT renew_at FROM certificates WHERE id = certificate_id) <= ?2)",
                first,
                now)
      .run();
  sqlite::Query(*database_,
                "INSERT OR IGNORE INTO second_certificates (name, next_attempt, urgency, failures, "
                "last_error, parked, renewal_requested) "
                "SELECT name, ?2, ?3, 0, '', 0, 0 FROM hostnames "
                "WHERE certificate_id = ?1 AND covered_by IS NULL AND unused_since IS NULL "
                "AND mode <> 3",
                first,
                now,
                static_cast<std::int64_t>(Urgency::retry))
      .run();
}

void SqliteStore::drop_second(const base::DomainName& name, base::WallTime now) {
  const std::optional<HostnameDetail> second = load_second(name);
  if (!second) return;
  sqlite::Query(*database_, "DELETE FROM second_certificates WHERE name = ?1", name.text()).run();
  append_change(ChangeKind::hostname, name.text());
  forget_refusals(name, CertificateRole::second);
  if (second->order) abandon_order(second->order->id, now);
  if (second->certificate) retire_if_unused(second->certificate->id, now);
}

void SqliteStore::drop_seconds_unless_wanted(std::span<const HostnameDetail> seconds,
                                             base::WallTime now) {
  if (seconds.empty() || seconds.front().hostname.role == CertificateRole::first) return;
  if (are_seconds_wanted()) return;
  for (const HostnameDetail& second : seconds) drop_second(second.hostname.name, now);
}

/// Both must be able to say which order is theirs.
void SqliteStore::give_way_to_first(const base::DomainName& name, base::WallTime now) {
  const std::optional<HostnameDetail> second = load_second(name);
  if (!second || !second->order) return;
  for (const HostnameDetail& detail : load_seconds_of(second->order->id)) {
    append_event(EventKind::order_abandoned,
                 detail.hostname.name.text(),
                 "of the second certificate: gives way to an order for the first",
                 now);
  }
  abandon_order(second->order->id, now);
}

StoreResult<void> SqliteStore::set_key_algorithms(std::span<const KeyAlgorithm> algorithms,
                                                  base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const bool is_wanted = algorithms.size() > 1;
  const bool is_news = is_wanted != are_seconds_wanted();
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
                wanted_key,
                is_wanted ? "1" : "0")
      .run();
  if (is_wanted && is_news) {
    sqlite::Query(*database_,
                  "INSERT OR IGNORE INTO second_certificates (name, next_attempt, urgency, "
                  "failures, last_error, parked, renewal_requested) "
                  "SELECT name, ?1, ?2, 0, '', 0, 0 FROM hostnames "
                  "WHERE mode = 0 AND served_until IS NOT NULL AND covered_by IS NULL "
                  "AND unused_since IS NULL",
                  now,
                  static_cast<std::int64_t>(Urgency::retry))
        .run();
  } else if (!is_wanted && !algorithms.empty()) {
    drop_seconds(algorithms.front(), now);
  }
  return transaction.finish();
}

/// Those with an open order go when that ends.
void SqliteStore::drop_seconds(KeyAlgorithm kept, base::WallTime now) {
  std::vector<HostnameDetail> seconds;
  {
    static const std::string sql = select_second_certificates("WHERE s.order_id IS NULL");
    sqlite::Query rows(*database_, sql);
    seconds = read_hostnames(*database_, rows, CertificateRole::second);
  }
  for (const HostnameDetail& second : seconds) {
    if (!promote_second(second, kept, now)) drop_second(second.hostname.name, now);
  }
}

bool SqliteStore::promote_second(const HostnameDetail& second,
                                 KeyAlgorithm kept,
                                 base::WallTime now) {
  if (!second.certificate || second.certificate->key != kept) return false;
  if (second.certificate->state != CertificateState::served) return false;
  std::optional<HostnameDetail> first = load_hostname(second.hostname.name);
  if (!first || first->order || !first->certificate) return false;
  if (first->certificate->key == kept) return false;
  const CertificateId replaced = first->certificate->id;
  Hostname hostname = second.hostname;
  hostname.role = CertificateRole::first;
  hostname.served_until = second.certificate->not_after;
  save_hostname(hostname, std::nullopt);
  sqlite::Query(
      *database_, "DELETE FROM second_certificates WHERE name = ?1", second.hostname.name.text())
      .run();
  forget_refusals(hostname.name, CertificateRole::second);
  retire_if_unused(replaced, now);
  return true;
}

}  // namespace agent
