// Custom certificates: brought by the owners of hostnames, not ordered by us.

#include <algorithm>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr auto day = 24h;

std::string purpose_of(CertificateRequestId request) {
  return "certificate_requests/" + std::to_string(request.value());
}

StoreError unknown(const base::DomainName& name) {
  return {StoreErrc::not_found, "no hostname " + name.text()};
}

/// nullopt once its end has been told.
std::optional<base::WallTime> next_warning(base::WallTime not_after, base::WallTime now) {
  for (const int days : custom_warning_days) {
    if (not_after - days * day > now) return not_after - days * day;
  }
  return not_after > now ? std::optional(not_after) : std::nullopt;
}

std::string time_left(base::WallTime not_after, base::WallTime now) {
  const auto days = (not_after - now + day / 2) / day;
  return days == 1 ? "in 1 day" : "in " + std::to_string(days) + " days";
}

}  // namespace

StoreResult<CertificateId> SqliteStore::install_certificate(const CustomInstallation& installation,
                                                            base::WallTime now) {
  const base::DomainName& name = installation.hostname;
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!load_hostname(name)) return transaction.give_up(unknown(name));
  apply_settings({.name = name, .mode = HostnameMode::custom}, now);
  drop_bundle_of(name, installation.bundle.certificate.bundle_path, now);
  std::optional<HostnameDetail> detail = load_hostname(name);
  if (!detail) return transaction.give_up(unknown(name));
  Certificate installed = installation.bundle.certificate;
  installed.id = insert_certificate(installation.bundle);
  Hostname& hostname = detail->hostname;
  const std::optional<CertificateId> before = hostname.certificate;
  hostname.certificate = installed.id;
  save_hostname(hostname, std::nullopt);
  set_expiry(installed.id, installed);
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO custom_certificates (name, not_after, next_warning, "
                "return_at) VALUES (?1, ?2, ?3, ?4)",
                name.text(),
                installed.not_after,
                next_warning(installed.not_after, now),
                installation.return_at)
      .run();
  if (installation.request) {
    sqlite::Query(
        *database_, "DELETE FROM certificate_requests WHERE id = ?1", *installation.request)
        .run();
  }
  append_event(EventKind::certificate_installed, installed, now);
  if (name.is_wildcard()) pass_on_to_covered(*database_, name, before, installed.id);
  if (detail->certificate) {
    succeed(*detail->certificate, installed, now);
    // HAProxy serves the first that it has for a name: others have to leave a shared one, too.
    const std::vector<base::DomainName>& shared = detail->certificate->names;
    if (std::find(shared.begin(), shared.end(), name) != shared.end()) {
      for (const base::DomainName& other : names_that_use(detail->certificate->id)) {
        request_renewal_of(other, now);
      }
    }
  }
  return transaction.finish(installed.id);
}

/// The certificate that has the path goes: its file is replaced.
void SqliteStore::drop_bundle_of(const base::DomainName& name,
                                 const std::string& path,
                                 base::WallTime now) {
  static const std::string sql = select_certificates("WHERE c.bundle_path = ?1");
  std::optional<Certificate> before;
  {
    sqlite::Query row(*database_, sql, path);
    if (row.next()) before = read_certificate(*database_, row);
  }
  if (!before) return;
  sqlite::Query(*database_,
                "UPDATE hostnames SET certificate_id = NULL WHERE name = ?1 AND certificate_id = "
                "?2",
                name.text(),
                before->id)
      .run();
  // A wildcard's, for those that it covers: pass_on_to_covered() follows.
  sqlite::Query(*database_,
                "UPDATE hostnames SET certificate_id = NULL "
                "WHERE certificate_id = ?1 AND covered_by = ?2",
                before->id,
                name.text())
      .run();
  delete_certificate(before->id);
  note_replaced(before->id, now);
  append_event(EventKind::certificate_replaced, *before, now);
}

StoreResult<CertificateRequestId> SqliteStore::put_certificate_request(
    const base::DomainName& hostname, const CertificateRequest& request, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  if (!load_hostname(hostname)) return transaction.give_up(unknown(hostname));
  forget_request(hostname);
  sqlite::Query(*database_,
                "INSERT INTO certificate_requests (name, csr_pem, sealed_key, created) "
                "VALUES (?1, ?2, x'', ?3)",
                hostname.text(),
                request.csr_pem,
                now)
      .run();
  const CertificateRequestId id(sqlite3_last_insert_rowid(database_->handle()));
  sqlite::Query(*database_,
                "UPDATE certificate_requests SET sealed_key = ?2 WHERE id = ?1",
                id,
                sqlite::Blob{sealer_.seal(request.private_key_pem, purpose_of(id))})
      .run();
  append_event(EventKind::certificate_request_made, hostname.text(), "", now);
  return transaction.finish(id);
}

StoreResult<std::optional<CertificateRequest>> SqliteStore::certificate_request(
    const base::DomainName& hostname) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT id, csr_pem, sealed_key, created FROM certificate_requests "
                    "WHERE name = ?1",
                    hostname.text());
  std::optional<CertificateRequest> request;
  if (row.next()) {
    request.emplace();
    request->id = CertificateRequestId(row.integer(0));
    request->csr_pem = row.text(1);
    request->private_key_pem = unseal(row.text(2), purpose_of(request->id));
    request->created = row.time(3);
  }
  return transaction.finish(std::move(request));
}

StoreResult<CustomTending> SqliteStore::tend_custom_certificates(base::WallTime now,
                                                                 std::size_t limit) {
  CustomTending tending;
  if (!is_any_custom_due(now)) return tending;  // a look, not a write, as nearly always
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  return_to_automatic(limit, now, tending);
  warn_of_expiry(limit, now, tending);
  return transaction.finish(std::move(tending));
}

bool SqliteStore::is_any_custom_due(base::WallTime now) {
  sqlite::Query row(*database_,
                    "SELECT 1 FROM custom_certificates WHERE next_warning <= ?1 "
                    "UNION ALL SELECT 1 FROM custom_certificates WHERE return_at <= ?1 LIMIT 1",
                    now);
  return row.next();
}

void SqliteStore::return_to_automatic(std::size_t limit,
                                      base::WallTime now,
                                      CustomTending& tending) {
  {
    sqlite::Query rows(*database_,
                       "SELECT name FROM custom_certificates WHERE return_at <= ?1 "
                       "ORDER BY return_at LIMIT ?2",
                       now,
                       static_cast<std::int64_t>(limit));
    while (rows.next()) {
      std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
      if (!name) return;
      tending.returned.push_back(*std::move(name));
    }
  }
  for (const base::DomainName& name : tending.returned) {
    apply_settings({.name = name, .mode = HostnameMode::automatic}, now);
  }
}

void SqliteStore::warn_of_expiry(std::size_t limit, base::WallTime now, CustomTending& tending) {
  {
    sqlite::Query rows(*database_,
                       "SELECT name, not_after FROM custom_certificates WHERE next_warning <= ?1 "
                       "ORDER BY next_warning LIMIT ?2",
                       now,
                       static_cast<std::int64_t>(limit));
    while (rows.next()) {
      std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
      if (!name) return;
      tending.warned.push_back({*std::move(name), rows.time(1)});
    }
  }
  for (const CustomTending::Warned& warned : tending.warned) {
    const bool has_expired = warned.not_after <= now;
    append_event(
        has_expired ? EventKind::custom_certificate_expired : EventKind::custom_certificate_expires,
        warned.hostname.text(),
        has_expired ? "" : time_left(warned.not_after, now),
        now);
    sqlite::Query(*database_,
                  "UPDATE custom_certificates SET next_warning = ?2 WHERE name = ?1",
                  warned.hostname.text(),
                  next_warning(warned.not_after, now))
        .run();
  }
}

StoreResult<CustomCounts> SqliteStore::count_custom_certificates(base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  CustomCounts counts;
  {
    sqlite::Query row(*database_, "SELECT count(*), min(not_after) FROM custom_certificates");
    if (row.next()) {
      counts.total = static_cast<std::uint64_t>(row.integer(0));
      counts.first_expiry = row.optional_time(1);
    }
  }
  for (std::size_t i = 0; i < CustomCounts::days.size(); ++i) {
    sqlite::Query row(*database_,
                      "SELECT count(*) FROM custom_certificates WHERE not_after <= ?1",
                      now + CustomCounts::days.at(i) * day);
    if (row.next()) counts.within.at(i) = static_cast<std::uint64_t>(row.integer(0));
  }
  return transaction.finish(counts);
}

std::optional<CustomState> SqliteStore::custom_of(const Hostname& hostname) {
  if (hostname.mode != HostnameMode::custom) return std::nullopt;
  sqlite::Query row(*database_,
                    "SELECT return_at FROM custom_certificates WHERE name = ?1",
                    hostname.name.text());
  if (!row.next()) return std::nullopt;
  return CustomState{row.optional_time(0)};
}

void SqliteStore::forget_custom(const base::DomainName& name) {
  sqlite::Query(*database_, "DELETE FROM custom_certificates WHERE name = ?1", name.text()).run();
}

void SqliteStore::forget_request(const base::DomainName& name) {
  sqlite::Query(*database_, "DELETE FROM certificate_requests WHERE name = ?1", name.text()).run();
}

}  // namespace agent
