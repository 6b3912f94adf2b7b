#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::optional<std::int64_t> to_column(std::optional<std::uint32_t> number) {
  return number ? std::optional<std::int64_t>(*number) : std::nullopt;
}

std::optional<std::uint32_t> optional_number(const sqlite::Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<std::uint32_t>(row.integer(column));
}

constexpr const char* tenant_columns = "SELECT id, title, wildcard_after, created FROM tenants ";

Tenant read_tenant(const sqlite::Query& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), optional_number(row, 2), row.time(3)};
}

constexpr const char* zone_columns =
    "SELECT name, tenant, dns, wildcard_after, created FROM zones ";

std::optional<Zone> read_zone(sqlite::Connection& database, const sqlite::Query& row) {
  std::optional<base::DomainName> name = read_name(database, row.text(0));
  if (!name) return std::nullopt;
  return Zone{*std::move(name),
              std::string(row.text(1)),
              row.enumerator(2, ZoneDns::configured),
              optional_number(row, 3),
              row.time(4)};
}

/// Whether the column is a name at or below ?1.
constexpr const char* is_within_1 = "(name = ?1 OR substr(name, -length(?1) - 1) = '.' || ?1) ";

std::string describe(const Zone& zone) {
  std::string text = "tenant=" + zone.tenant + " dns=" + std::string(to_string(zone.dns));
  if (zone.wildcard_after) text += " wildcard_after=" + std::to_string(*zone.wildcard_after);
  return text;
}

}  // namespace

// --- Tenants -----------------------------------------------------------------------------------

std::optional<Tenant> SqliteStore::load_tenant(std::string_view id) {
  static const std::string sql = std::string(tenant_columns) + "WHERE id = ?1";
  sqlite::Query row(*database_, sql, id);
  if (!row.next()) return std::nullopt;
  return read_tenant(row);
}

StoreResult<AddOutcome> SqliteStore::put_tenant(const Tenant& tenant, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::optional<Tenant> before = load_tenant(tenant.id);
  Tenant after = tenant;
  after.created = before ? before->created : now;
  if (before == after) return transaction.finish(AddOutcome::unchanged);
  // Not REPLACE: that would delete the row its zones refer to.
  sqlite::Query(*database_,
                "INSERT INTO tenants (id, title, wildcard_after, created) VALUES (?1, ?2, ?3, ?4) "
                "ON CONFLICT (id) DO UPDATE SET title = ?2, wildcard_after = ?3",
                after.id,
                after.title,
                to_column(after.wildcard_after),
                after.created)
      .run();
  append_event(EventKind::tenant_saved, after.id, after.title, now);
  return transaction.finish(before ? AddOutcome::updated : AddOutcome::added);
}

StoreResult<std::optional<Tenant>> SqliteStore::tenant(std::string_view id) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  return transaction.finish(load_tenant(id));
}

StoreResult<std::vector<Tenant>> SqliteStore::tenants(std::string_view after, std::size_t limit) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  static const std::string sql = std::string(tenant_columns) + "WHERE id > ?1 ORDER BY id LIMIT ?2";
  sqlite::Query rows(*database_, sql, after, static_cast<std::int64_t>(limit));
  std::vector<Tenant> tenants;
  while (rows.next()) tenants.push_back(read_tenant(rows));
  return transaction.finish(std::move(tenants));
}

StoreResult<RemoveOutcome> SqliteStore::remove_tenant(std::string_view id, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!load_tenant(id)) return transaction.finish(RemoveOutcome::not_found);
  sqlite::Query zone(*database_, "SELECT name FROM zones WHERE tenant = ?1 LIMIT 1", id);
  if (zone.next()) {
    return transaction.give_up({StoreErrc::conflict,
                                "tenant " + std::string(id) + " has zones, " +
                                    std::string(zone.text(0)) + " is one; remove them first"});
  }
  sqlite::Query(*database_, "DELETE FROM tenants WHERE id = ?1", id).run();
  append_event(EventKind::tenant_removed, id, "", now);
  return transaction.finish(RemoveOutcome::removed);
}

// --- Zones -------------------------------------------------------------------------------------

std::optional<Zone> SqliteStore::load_zone(const base::DomainName& name) {
  static const std::string sql = std::string(zone_columns) + "WHERE name = ?1";
  sqlite::Query row(*database_, sql, name.text());
  if (!row.next()) return std::nullopt;
  return read_zone(*database_, row);
}

StoreResult<AddOutcome> SqliteStore::put_zone(const Zone& zone, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!load_tenant(zone.tenant)) {
    return transaction.give_up({StoreErrc::not_found, "no tenant " + zone.tenant});
  }
  const std::optional<Zone> before = load_zone(zone.name);
  Zone after = zone;
  after.created = before ? before->created : now;
  if (before == after) return transaction.finish(AddOutcome::unchanged);
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO zones (name, tenant, dns, wildcard_after, created) "
                "VALUES (?1, ?2, ?3, ?4, ?5)",
                after.name.text(),
                after.tenant,
                static_cast<std::int64_t>(after.dns),
                to_column(after.wildcard_after),
                after.created)
      .run();
  if (!before) move_hostnames_into(after);
  append_event(EventKind::zone_saved, after.name.text(), describe(after), now);
  return transaction.finish(before ? AddOutcome::updated : AddOutcome::added);
}

/// From the zone above it, by that zone's index, or from none.
void SqliteStore::move_hostnames_into(const Zone& zone) {
  std::optional<std::string> above;
  std::string_view rest = zone.name.text();
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    rest.remove_prefix(dot + 1);
    if (sqlite::Query(*database_, "SELECT 1 FROM zones WHERE name = ?1", rest).next()) {
      above = rest;
      break;
    }
  }
  static const std::string sql =
      std::string("UPDATE hostnames SET zone = ?1 WHERE zone IS ?2 AND ") + is_within_1 +
      "RETURNING name";
  sqlite::Query moved(*database_, sql, zone.name.text(), above);
  while (moved.next()) append_change(ChangeKind::hostname, moved.text(0));
}

StoreResult<std::optional<Zone>> SqliteStore::zone(const base::DomainName& name) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  return transaction.finish(load_zone(name));
}

StoreResult<std::vector<Zone>> SqliteStore::zones(const ZoneQuery& query) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  static const std::string all =
      std::string(zone_columns) + "WHERE name > ?2 AND ?1 = '' ORDER BY name LIMIT ?3";
  static const std::string of_tenant =
      std::string(zone_columns) + "WHERE tenant = ?1 AND name > ?2 ORDER BY name LIMIT ?3";
  sqlite::Query rows(*database_,
                     query.tenant.empty() ? all : of_tenant,
                     query.tenant,
                     query.after,
                     static_cast<std::int64_t>(query.limit));
  std::vector<Zone> zones;
  while (rows.next()) {
    std::optional<Zone> zone = read_zone(*database_, rows);
    if (!zone) break;
    zones.push_back(*std::move(zone));
  }
  return transaction.finish(std::move(zones));
}

StoreResult<RemoveOutcome> SqliteStore::remove_zone(const base::DomainName& name,
                                                    base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!load_zone(name)) return transaction.finish(RemoveOutcome::not_found);
  sqlite::Query hostname(
      *database_, "SELECT name FROM hostnames WHERE zone = ?1 LIMIT 1", name.text());
  if (hostname.next()) {
    return transaction.give_up({StoreErrc::conflict,
                                "zone " + name.text() + " has hostnames, " +
                                    std::string(hostname.text(0)) + " is one; remove them first"});
  }
  sqlite::Query(*database_, "DELETE FROM zones WHERE name = ?1", name.text()).run();
  append_event(EventKind::zone_removed, name.text(), "", now);
  return transaction.finish(RemoveOutcome::removed);
}

StoreResult<std::optional<base::DomainName>> SqliteStore::hostname_within(
    const base::DomainName& owner, const base::DomainName& name) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  static const std::string sql =
      std::string("SELECT name FROM hostnames WHERE zone = ?2 AND ") + is_within_1 + "LIMIT 1";
  sqlite::Query row(*database_, sql, name.text(), owner.text());
  return transaction.finish(row.next() ? read_name(*database_, row.text(0)) : std::nullopt);
}

StoreResult<std::uint64_t> SqliteStore::count_below_wildcard(const base::DomainName& zone,
                                                             std::uint64_t most) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT count(*) FROM (SELECT 1 FROM hostnames WHERE zone = ?1 AND name <> ?1 "
                    "AND mode NOT IN (1, 3) AND substr(name, 1, 1) <> '*' "
                    "AND instr(substr(name, 1, length(name) - length(?1) - 1), '.') = 0 LIMIT ?2)",
                    zone.text(),
                    static_cast<std::int64_t>(most));
  return transaction.finish(row.next() ? static_cast<std::uint64_t>(row.integer(0)) : 0);
}

StoreResult<std::uint64_t> SqliteStore::count_waiting(const base::DomainName& zone,
                                                      std::uint64_t most) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT count(*) FROM (SELECT 1 FROM hostnames WHERE zone = ?1 "
                    "AND certificate_id IS NULL AND covered_by IS NULL AND mode = 0 LIMIT ?2)",
                    zone.text(),
                    static_cast<std::int64_t>(most));
  return transaction.finish(row.next() ? static_cast<std::uint64_t>(row.integer(0)) : 0);
}

// --- Wildcards ---------------------------------------------------------------------------------

void SqliteStore::serve_covered(const Certificate& certificate, base::WallTime now) {
  for (const base::DomainName& wildcard : certificate.names) {
    if (!wildcard.is_wildcard()) continue;
    static const std::string sql =
        select_hostnames("WHERE h.covered_by = ?1 AND h.certificate_id IS NOT ?2");
    std::vector<HostnameDetail> covered;
    {
      sqlite::Query rows(*database_, sql, wildcard.text(), certificate.id);
      covered = read_hostnames(*database_, rows, CertificateRole::first);
    }
    sqlite::Query(*database_,
                  "UPDATE hostnames SET certificate_id = ?2 "
                  "WHERE covered_by = ?1 AND certificate_id IS NOT ?2",
                  wildcard.text(),
                  certificate.id)
        .run();
    for (const HostnameDetail& detail : covered) {
      drop_second(detail.hostname.name, now);
      if (detail.certificate) retire_if_unused(detail.certificate->id, now);
    }
  }
}

void SqliteStore::uncover(const base::DomainName& wildcard,
                          Uncover which,
                          std::string_view reason,
                          base::WallTime now) {
  static const std::string all = select_hostnames("WHERE h.covered_by = ?1");
  static const std::string unserved =
      select_hostnames("WHERE h.covered_by = ?1 AND h.served_until IS NULL AND h.mode = 0");
  std::vector<HostnameDetail> details;
  {
    sqlite::Query rows(*database_, which == Uncover::all ? all : unserved, wildcard.text());
    details = read_hostnames(*database_, rows, CertificateRole::first);
  }
  for (HostnameDetail& detail : details) {
    Hostname& hostname = detail.hostname;
    hostname.covered_by = std::nullopt;
    hostname.mode = HostnameMode::automatic;
    hostname.next_attempt = now;
    hostname.renewal_requested = hostname.certificate.has_value();
    save_hostname(hostname, std::nullopt);
    append_event(EventKind::hostname_uncovered, hostname.name.text(), reason, now);
  }
}

}  // namespace agent
