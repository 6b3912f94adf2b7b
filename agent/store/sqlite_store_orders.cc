#include <algorithm>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

/// Names that were added together wait for the same time.
constexpr std::chrono::seconds ahead_of_others{1};

/// Sealed data is bound to its row; ids are never used twice.
std::string purpose_of(OrderId order) {
  return "orders/" + std::to_string(order.value());
}

StoreError gone(OrderId order) {
  return {StoreErrc::gone, "order " + std::to_string(order.value()) + " is no longer open"};
}

std::vector<LiveChallenge> read_challenges(sqlite::Connection& database, sqlite::Query& rows) {
  std::vector<LiveChallenge> challenges;
  while (rows.next()) {
    std::optional<base::DomainName> name = read_name(database, rows.text(0));
    if (!name) break;
    challenges.push_back({*std::move(name), std::string(rows.text(1)), std::string(rows.text(2))});
  }
  return challenges;
}

}  // namespace

StoreResult<std::vector<OrderRecord>> SqliteStore::create_orders(
    std::span<const NewOrder> orders, base::WallTime now, std::span<const BudgetEntry> budgets) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::vector<OrderRecord> created;
  for (const NewOrder& order : orders) {
    std::optional<OrderRecord> record = create_order(order, now);
    if (record) created.push_back(*std::move(record));
  }
  put_budgets(budgets, now);
  return transaction.finish(std::move(created));
}

std::optional<OrderRecord> SqliteStore::create_order(const NewOrder& order, base::WallTime now) {
  std::vector<Hostname> hostnames;
  std::uint32_t failures = 0;
  std::optional<base::WallTime> failing_since;
  bool is_any_certified = false;
  std::vector<base::DomainName> left_alone;
  for (const base::DomainName& name : order.names) {
    const std::optional<HostnameDetail> first = load_hostname(name);
    std::optional<HostnameDetail> detail =
        order.role == CertificateRole::first ? first : load_second(name);
    if (!first || first->order || !detail || detail->order) return std::nullopt;
    if (!is_ordered(first->hostname.mode) || first->hostname.covered_by) return std::nullopt;
    if (first->hostname.challenge_path == ChallengePath::left_alone) left_alone.push_back(name);
    failures = std::max(failures, detail->hostname.failures);
    is_any_certified |= detail->hostname.certificate.has_value();
    const auto since = failing_since_of(name);
    if (since && (!failing_since || *since < *failing_since)) failing_since = since;
    hostnames.push_back(std::move(detail->hostname));
  }
  if (is_any_certified) failing_since.reset();
  if (order.role == CertificateRole::first) {
    for (const base::DomainName& name : order.names) give_way_to_first(name, now);
  }
  sqlite::Query(
      *database_,
      "INSERT INTO orders (authority, names, created, failures, stage, replaces, exemption, role, "
      "key_algorithm, failing_since) VALUES (?1, ?2, ?3, ?4, '', ?5, ?6, ?7, ?8, ?9)",
      order.authority,
      join_names(order.names),
      now,
      static_cast<std::int64_t>(failures),
      order.replaces,
      static_cast<std::int64_t>(order.exemption),
      static_cast<std::int64_t>(order.role),
      static_cast<std::int64_t>(order.key),
      failing_since)
      .run();
  const OrderId id(sqlite3_last_insert_rowid(database_->handle()));
  for (Hostname& hostname : hostnames) {
    hostname.next_attempt = std::nullopt;
    save_hostname(hostname, id);
    std::string detail = "authority=" + order.authority;
    if (order.role == CertificateRole::second) detail += " certificate=second";
    append_event(EventKind::order_created, hostname.name.text(), detail, now);
  }
  return OrderRecord{.id = id,
                     .authority = order.authority,
                     .names = order.names,
                     .created = now,
                     .failures = failures,
                     .replaces = order.replaces,
                     .exemption = order.exemption,
                     .role = order.role,
                     .key = order.key,
                     .failing_since = failing_since,
                     .left_alone = std::move(left_alone)};
}

std::vector<base::DomainName> SqliteStore::left_alone_of(std::span<const base::DomainName> names) {
  std::vector<base::DomainName> left_alone;
  for (const base::DomainName& name : names) {
    sqlite::Query row(
        *database_, "SELECT 1 FROM hostnames WHERE name = ?1 AND challenge_path = 1", name.text());
    if (row.next()) left_alone.push_back(name);
  }
  return left_alone;
}

std::optional<base::WallTime> SqliteStore::failing_since_of(const base::DomainName& name) {
  sqlite::Query row(*database_, "SELECT failing_since FROM hostnames WHERE name = ?1", name.text());
  return row.next() ? row.optional_time(0) : std::nullopt;
}

StoreResult<std::vector<OrderRecord>> SqliteStore::open_orders() {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT id, authority, names, created, failures, stage, sealed_document, "
                    "replaces, exemption, role, key_algorithm, failing_since FROM orders "
                    "ORDER BY id");
  std::vector<OrderRecord> orders;
  while (row.next()) {
    OrderRecord& order = orders.emplace_back();
    order.id = OrderId(row.integer(0));
    order.authority = row.text(1);
    order.names = read_names(*database_, row.text(2));
    order.created = row.time(3);
    order.failures = static_cast<std::uint32_t>(row.integer(4));
    order.stage = row.text(5);
    order.replaces = row.text(7);
    order.exemption = row.enumerator(8, Exemption::advised);
    order.role = row.enumerator(9, CertificateRole::second);
    order.key = row.enumerator(10, KeyAlgorithm::rsa);
    order.failing_since = row.optional_time(11);
    order.left_alone = left_alone_of(order.names);
    if (!row.is_null(6)) order.document = unseal(row.text(6), purpose_of(order.id));
  }
  return transaction.finish(std::move(orders));
}

StoreResult<void> SqliteStore::save_order(const OrderRecord& order,
                                          std::span<const LiveChallenge> challenges) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::size_t updated =
      sqlite::Query(*database_,
                    "UPDATE orders SET stage = ?2, sealed_document = ?3 WHERE id = ?1",
                    order.id,
                    order.stage,
                    sqlite::Blob{sealer_.seal(order.document, purpose_of(order.id))})
          .run();
  if (updated == 0) return transaction.give_up(gone(order.id));
  save_challenges(order.id, challenges);
  return transaction.finish();
}

void SqliteStore::save_challenges(OrderId order, std::span<const LiveChallenge> challenges) {
  sqlite::Query(*database_, "DELETE FROM challenges WHERE order_id = ?1", order).run();
  for (const LiveChallenge& challenge : challenges) {
    sqlite::Query(*database_,
                  "INSERT OR REPLACE INTO challenges (order_id, token, name, key_authorization) "
                  "VALUES (?1, ?2, ?3, ?4)",
                  order,
                  challenge.token,
                  challenge.name.text(),
                  challenge.key_authorization)
        .run();
  }
}

StoreResult<CertificateId> SqliteStore::finish_order(OrderId order,
                                                     const CertificateBundle& certificate,
                                                     base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!has_order(order)) return transaction.give_up(gone(order));
  std::vector<HostnameDetail> details = load_hostnames_of(order);
  const std::string& path = certificate.certificate.bundle_path;
  const auto users = free_bundle_path(path, order, now);
  if (!users) {
    return transaction.give_up(
        {StoreErrc::conflict, "bundle " + path + " belongs to a certificate that is in use"});
  }
  const CertificateId id = insert_certificate(certificate);
  for (const base::DomainName& name : *users) {
    sqlite::Query(
        *database_, "UPDATE hostnames SET certificate_id = ?2 WHERE name = ?1", name.text(), id)
        .run();
  }
  for (HostnameDetail& detail : details) {
    Hostname& hostname = detail.hostname;
    hostname.certificate = id;
    hostname.next_attempt = certificate.certificate.renew_at;
    hostname.failures = 0;
    hostname.last_error.clear();
    hostname.parked = false;
    hostname.renewal_requested = false;
    save_hostname(hostname, std::nullopt);
    forget_refusals(hostname.name, hostname.role);
  }
  set_expiry(id, certificate.certificate);
  append_event(EventKind::certificate_issued, certificate.certificate, now);
  Certificate issued = certificate.certificate;
  issued.id = id;
  for (const HostnameDetail& detail : details) {
    if (!detail.certificate) continue;
    const base::DomainName& name = detail.hostname.name;
    if (name.is_wildcard()) pass_on_to_covered(*database_, name, detail.certificate->id, id);
    succeed(*detail.certificate, issued, now);
  }
  delete_order(order);
  drop_seconds_unless_wanted(details, now);
  return transaction.finish(id);
}

StoreResult<void> SqliteStore::fail_order(OrderId order,
                                          const OrderFailure& failure,
                                          base::WallTime now,
                                          std::span<const BudgetEntry> budgets) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!has_order(order)) return transaction.give_up(gone(order));
  if (failure.refused_until) refuse_hostnames_of(order, *failure.refused_until);
  std::vector<HostnameDetail> details = load_hostnames_of(order);
  for (HostnameDetail& detail : details) {
    Hostname& hostname = detail.hostname;
    const auto blamed = std::find_if(
        failure.names.begin(), failure.names.end(), [&hostname](const NameFailure& one) {
          return one.name == hostname.name;
        });
    if (blamed != failure.names.end()) {
      fail_hostname(hostname, *blamed, now);
    } else if (failure.names.empty()) {
      fail_hostname(
          hostname, {hostname.name, failure.error, failure.next_attempt, failure.parked}, now);
    } else {
      hostname.next_attempt = std::min(hostname.created, now) - ahead_of_others;
    }
    save_hostname(hostname, std::nullopt);
    note_failing_since(hostname, now);
    if (hostname.role == CertificateRole::first && hostname.name.is_wildcard() &&
        hostname.failures > 0) {
      uncover(hostname.name, Uncover::only_unserved, "the wildcard failed: " + failure.error, now);
    }
  }
  put_budgets(budgets, now);
  delete_order(order);
  drop_seconds_unless_wanted(details, now);
  return transaction.finish();
}

void SqliteStore::fail_hostname(Hostname& hostname,
                                const NameFailure& failure,
                                base::WallTime now) {
  hostname.next_attempt = failure.next_attempt;
  ++hostname.failures;
  hostname.last_error = failure.error;
  hostname.parked = failure.parked;
  const bool is_second = hostname.role == CertificateRole::second;
  append_event(EventKind::order_failed,
               hostname.name.text(),
               (is_second ? "second certificate: " : "") + failure.error,
               now);
}

void SqliteStore::note_failing_since(const Hostname& hostname, base::WallTime now) {
  if (hostname.failures == 0) return;
  sqlite::Query(*database_,
                "UPDATE hostnames SET failing_since = ?2 "
                "WHERE name = ?1 AND failing_since IS NULL",
                hostname.name.text(),
                now)
      .run();
}

StoreResult<void> SqliteStore::abandon_order(OrderId order,
                                             std::string_view reason,
                                             std::optional<base::WallTime> refused_until,
                                             base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!has_order(order)) return transaction.give_up(gone(order));
  for (const HostnameDetail& detail : load_hostnames_of(order)) {
    append_event(EventKind::order_abandoned, detail.hostname.name.text(), reason, now);
  }
  if (refused_until) refuse_hostnames_of(order, *refused_until);
  abandon_order(order, now);
  return transaction.finish();
}

StoreResult<std::vector<LiveChallenge>> SqliteStore::live_challenges() {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query rows(
      *database_,
      "SELECT name, token, key_authorization FROM challenges ORDER BY order_id, token, name");
  return transaction.finish(read_challenges(*database_, rows));
}

bool SqliteStore::has_order(OrderId order) {
  return sqlite::Query(*database_, "SELECT 1 FROM orders WHERE id = ?1", order).next();
}

void SqliteStore::refuse_hostnames_of(OrderId order, base::WallTime until) {
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO refusals (name, authority, role, until) "
                "SELECT h.name, o.authority, o.role, ?2 FROM orders o JOIN "
                "(SELECT name, order_id FROM hostnames WHERE order_id = ?1 "
                "UNION ALL SELECT name, order_id FROM second_certificates WHERE order_id = ?1) h "
                "ON h.order_id = o.id WHERE o.id = ?1",
                order,
                until)
      .run();
}

void SqliteStore::forget_refusals(const base::DomainName& name, CertificateRole role) {
  sqlite::Query(*database_,
                "DELETE FROM refusals WHERE name = ?1 AND role = ?2",
                name.text(),
                static_cast<std::int64_t>(role))
      .run();
}

std::vector<Refusal> SqliteStore::refusals_of(const Hostname& hostname, base::WallTime now) {
  sqlite::Query rows(*database_,
                     "SELECT authority, until FROM refusals WHERE name = ?1 AND role = ?3 "
                     "AND until > ?2 ORDER BY authority",
                     hostname.name.text(),
                     now,
                     static_cast<std::int64_t>(hostname.role));
  std::vector<Refusal> refusals;
  while (rows.next()) refusals.push_back({std::string(rows.text(0)), rows.time(1)});
  return refusals;
}

void SqliteStore::delete_order(OrderId order) {
  sqlite::Query(*database_, "DELETE FROM orders WHERE id = ?1", order).run();
}

void SqliteStore::abandon_order(OrderId order, base::WallTime now) {
  std::vector<HostnameDetail> details = load_hostnames_of(order);
  for (HostnameDetail& detail : details) {
    detail.hostname.next_attempt = now;
    save_hostname(detail.hostname, std::nullopt);
  }
  delete_order(order);
  drop_seconds_unless_wanted(details, now);
}

}  // namespace agent
