#include <algorithm>
#include <set>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::string_view condition(CertificateSelection selection) {
  switch (selection) {
    case CertificateSelection::wanted: return "AND c.state <> 2 ";
    case CertificateSelection::retired: return "AND c.state = 2 ";
    case CertificateSelection::all: return "";
  }
  return "";
}

}  // namespace

StoreResult<std::vector<Certificate>> SqliteStore::certificates(CertificateSelection selection,
                                                                CertificateId after,
                                                                std::size_t limit) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  const std::string sql = select_certificates(
      std::string("WHERE c.id > ?1 ").append(condition(selection)) + "ORDER BY c.id LIMIT ?2");
  sqlite::Query row(*database_, sql, after, static_cast<std::int64_t>(limit));
  std::vector<Certificate> certificates;
  while (row.next()) {
    std::optional<Certificate> certificate = read_certificate(*database_, row);
    if (!certificate) break;
    certificates.push_back(*std::move(certificate));
  }
  return transaction.finish(std::move(certificates));
}

StoreResult<CertificateBundle> SqliteStore::certificate_bundle(CertificateId id) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  const StoreError unknown{StoreErrc::not_found, "no certificate " + std::to_string(id.value())};
  CertificateBundle bundle;
  std::optional<Certificate> certificate = load_certificate(id);
  sqlite::Query row(
      *database_, "SELECT chain_pem, sealed_key FROM bundles WHERE certificate_id = ?1", id);
  if (!certificate || !row.next()) return transaction.give_up(unknown);
  bundle.certificate = *std::move(certificate);
  bundle.chain_pem = row.text(0);
  bundle.private_key_pem = unseal(row.text(1), purpose_of_key(id));
  return transaction.finish(std::move(bundle));
}

StoreResult<std::vector<base::DomainName>> SqliteStore::mark_served(
    std::span<const CertificateId> ids, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::vector<base::DomainName> changed;
  for (const CertificateId id : ids) mark_served(id, now, changed);
  return transaction.finish(std::move(changed));
}

void SqliteStore::mark_served(CertificateId id,
                              base::WallTime now,
                              std::vector<base::DomainName>& changed) {
  const std::optional<Certificate> certificate = load_certificate(id);
  if (!certificate || certificate->state == CertificateState::retired) return;
  if (certificate->state == CertificateState::issued) {
    set_certificate_state(id, CertificateState::served);
    append_event(EventKind::certificate_served, *certificate, now);
  }
  serve_covered(*certificate, now);
  sqlite::Query names(*database_,
                      "UPDATE hostnames SET served_until = ?2 "
                      "WHERE certificate_id = ?1 AND served_until IS NOT ?2 RETURNING name",
                      id,
                      certificate->not_after);
  while (names.next()) {
    append_change(ChangeKind::hostname, names.text(0));
    if (auto name = read_name(*database_, names.text(0))) changed.push_back(*std::move(name));
  }
  want_seconds_beside(id, now);
  end_successions(id, now);
}

StoreResult<void> SqliteStore::forget_certificates(std::span<const CertificateId> ids,
                                                   base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  for (const CertificateId id : ids) {
    const std::optional<Certificate> certificate = load_certificate(id);
    if (!certificate || certificate->state != CertificateState::retired) continue;
    delete_certificate(id);
    append_event(EventKind::certificate_forgotten, *certificate, now);
  }
  return transaction.finish();
}

std::optional<std::vector<base::DomainName>> SqliteStore::free_bundle_path(const std::string& path,
                                                                           OrderId for_order,
                                                                           base::WallTime now) {
  static const std::string sql = select_certificates("WHERE c.bundle_path = ?1");
  std::optional<Certificate> before;
  {
    sqlite::Query row(*database_, sql, path);
    if (row.next()) before = read_certificate(*database_, row);
  }
  std::vector<base::DomainName> users;
  if (!before) return users;
  {
    sqlite::Query rows(
        *database_,
        "SELECT name FROM hostnames WHERE certificate_id = ?1 AND order_id IS NOT ?2 "
        "UNION ALL SELECT name FROM second_certificates "
        "WHERE certificate_id = ?1 AND order_id IS NOT ?2",
        before->id,
        for_order);
    while (rows.next()) {
      std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
      const auto& named = before->names;
      if (!name || std::find(named.begin(), named.end(), *name) != named.end()) return std::nullopt;
      users.push_back(*std::move(name));
    }
  }
  for (const char* unlink :
       {"UPDATE hostnames SET certificate_id = NULL WHERE certificate_id = ?1",
        "UPDATE second_certificates SET certificate_id = NULL WHERE certificate_id = ?1"}) {
    sqlite::Query(*database_, unlink, before->id).run();
  }
  delete_certificate(before->id);
  note_replaced(before->id, now);
  append_event(EventKind::certificate_replaced, *before, now);
  return users;
}

CertificateId SqliteStore::insert_certificate(const CertificateBundle& bundle) {
  const Certificate& certificate = bundle.certificate;
  sqlite::Query(
      *database_,
      "INSERT INTO certificates (authority, names, serial, fingerprint, not_before, not_after, "
      "renew_at, state, bundle_path, account, cert_id, next_check, key_algorithm) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
      certificate.authority,
      join_names(certificate.names),
      certificate.serial,
      certificate.fingerprint,
      certificate.not_before,
      certificate.not_after,
      certificate.renew_at,
      static_cast<std::int64_t>(CertificateState::issued),
      certificate.bundle_path,
      certificate.account,
      certificate.cert_id,
      certificate.next_check,
      static_cast<std::int64_t>(certificate.key))
      .run();
  const CertificateId id(sqlite3_last_insert_rowid(database_->handle()));
  sqlite::Query(*database_,
                "INSERT INTO bundles (certificate_id, chain_pem, sealed_key) VALUES (?1, ?2, ?3)",
                id,
                bundle.chain_pem,
                sqlite::Blob{sealer_.seal(bundle.private_key_pem, purpose_of_key(id))})
      .run();
  append_change(ChangeKind::certificate, std::to_string(id.value()));
  // Of the one that had its path, which was dropped for it.
  sqlite::Query(*database_,
                "UPDATE OR IGNORE successions SET successor = ?1 "
                "WHERE NOT EXISTS (SELECT 1 FROM certificates WHERE id = successor)",
                id)
      .run();
  return id;
}

std::optional<Certificate> SqliteStore::load_certificate(CertificateId id) {
  static const std::string sql = select_certificates("WHERE c.id = ?1");
  sqlite::Query row(*database_, sql, id);
  if (!row.next()) return std::nullopt;
  return read_certificate(*database_, row);
}

void SqliteStore::delete_certificate(CertificateId id) {
  sqlite::Query(*database_, "DELETE FROM certificates WHERE id = ?1", id).run();
  append_change(ChangeKind::certificate, std::to_string(id.value()));
}

void SqliteStore::set_certificate_state(CertificateId id, CertificateState state) {
  sqlite::Query(*database_,
                "UPDATE certificates SET state = ?2 WHERE id = ?1",
                id,
                static_cast<std::int64_t>(state))
      .run();
  append_change(ChangeKind::certificate, std::to_string(id.value()));
}

void SqliteStore::retire_if_unused(CertificateId id, base::WallTime now) {
  const bool in_use =
      sqlite::Query(*database_,
                    "SELECT 1 FROM hostnames WHERE certificate_id = ?1 UNION ALL "
                    "SELECT 1 FROM second_certificates WHERE certificate_id = ?1 UNION ALL "
                    "SELECT 1 FROM successions WHERE predecessor = ?1 LIMIT 1",
                    id)
          .next();
  const std::optional<Certificate> certificate = load_certificate(id);
  if (in_use || !certificate || certificate->state == CertificateState::retired) return;
  set_certificate_state(id, CertificateState::retired);
  note_replaced(id, now);
  append_event(EventKind::certificate_retired, *certificate, now);
  end_successions(id, now);
}

void SqliteStore::succeed(const Certificate& certificate,
                          const Certificate& successor,
                          base::WallTime now) {
  const auto names = [](const Certificate& one) {
    return std::set<base::DomainName>(one.names.begin(), one.names.end());
  };
  const std::set<base::DomainName> before = names(certificate);
  const bool is_in_the_way = std::any_of(successor.names.begin(),
                                         successor.names.end(),
                                         [&](const auto& name) { return before.contains(name); });
  const bool is_served = certificate.state == CertificateState::served;
  if (is_in_the_way || !is_served || !load_certificate(certificate.id)) {
    return retire_if_unused(certificate.id, now);
  }
  sqlite::Query(*database_,
                "INSERT OR IGNORE INTO successions (successor, predecessor) VALUES (?1, ?2)",
                successor.id,
                certificate.id)
      .run();
}

void SqliteStore::end_successions(CertificateId successor, base::WallTime now) {
  std::vector<CertificateId> predecessors;
  {
    sqlite::Query rows(*database_,
                       "DELETE FROM successions WHERE successor = ?1 RETURNING predecessor",
                       successor);
    while (rows.next()) predecessors.emplace_back(rows.integer(0));
  }
  for (const CertificateId predecessor : predecessors) retire_if_unused(predecessor, now);
}

}  // namespace agent
