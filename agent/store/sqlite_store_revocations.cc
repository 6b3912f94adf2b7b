#include <chrono>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

/// How long a replacement that does not come holds up the revocation.
constexpr std::chrono::hours longest_replacement{24};

constexpr std::string_view columns =
    "SELECT certificate_id, authority, account, names, serial, not_after, reason, state, "
    "requested, awaits_replacement, next_attempt, failures, last_error, revoked_at, chain_pem, "
    "sealed_key FROM revocations ";

std::string select_revocations(std::string_view rest) {
  return std::string(columns).append(rest);
}

std::string purpose_of(CertificateId certificate) {
  return "revocations/" + std::to_string(certificate.value());
}

Revocation read_revocation(sqlite::Connection& database, const sqlite::Query& row) {
  Revocation revocation;
  revocation.certificate = CertificateId(row.integer(0));
  revocation.authority = row.text(1);
  revocation.account = row.text(2);
  revocation.names = read_names(database, row.text(3));
  revocation.serial = row.text(4);
  revocation.not_after = row.time(5);
  revocation.reason = static_cast<acme::RevocationReason>(row.integer(6));
  revocation.state = row.enumerator(7, RevocationState::refused);
  revocation.requested = row.time(8);
  revocation.awaits_replacement = row.integer(9) != 0;
  revocation.next_attempt = row.optional_time(10);
  revocation.failures = static_cast<std::uint32_t>(row.integer(11));
  revocation.last_error = row.text(12);
  revocation.revoked_at = row.optional_time(13);
  return revocation;
}

}  // namespace

std::string_view to_string(RevocationState state) {
  switch (state) {
    case RevocationState::pending: return "pending";
    case RevocationState::revoked: return "revoked";
    case RevocationState::refused: return "refused";
  }
  return "unknown";
}

StoreResult<std::vector<RevocationOutcome>> SqliteStore::request_revocations(
    std::span<const CertificateId> ids, const RevocationWish& wish, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  sqlite::Query(*database_, "DELETE FROM revocations WHERE state <> 0 AND not_after < ?1", now)
      .run();
  std::vector<RevocationOutcome> outcomes;
  outcomes.reserve(ids.size());
  for (const CertificateId id : ids) {
    if (database_->has_failed()) break;
    outcomes.push_back(request_revocation(id, wish, now));
  }
  return transaction.finish(std::move(outcomes));
}

RevocationOutcome SqliteStore::request_revocation(CertificateId id,
                                                  const RevocationWish& wish,
                                                  base::WallTime now) {
  const std::optional<Revocation> before = load_revocation(id);
  if (before && before->state == RevocationState::pending) return RevocationOutcome::under_way;
  if (before && before->state == RevocationState::revoked) {
    return RevocationOutcome::already_revoked;
  }
  const std::optional<Certificate> certificate = load_certificate(id);
  if (!certificate) return RevocationOutcome::not_found;
  const bool is_urgent = wish.reason == acme::RevocationReason::key_compromise;
  if (is_urgent) static_cast<void>(mark_key_compromised(id, now));  // errors stick
  const bool is_replaced = replace_revoked(*certificate, wish.replacement, now);
  const bool waits = is_replaced && !is_urgent;
  insert_revocation(*certificate, wish.reason, waits, now);
  const std::string detail = "serial=" + certificate->serial +
                             " reason=" + std::string(acme::to_string(wish.reason)) +
                             (is_replaced ? " replaced=yes" : " replaced=no");
  for (const base::DomainName& name : certificate->names) {
    append_event(EventKind::revocation_requested, name.text(), detail, now);
  }
  append_change(ChangeKind::certificate, std::to_string(id.value()));
  return RevocationOutcome::requested;
}

void SqliteStore::insert_revocation(const Certificate& certificate,
                                    acme::RevocationReason reason,
                                    bool awaits_replacement,
                                    base::WallTime now) {
  const CertificateId id = certificate.id;
  sqlite::Query bundle(
      *database_, "SELECT chain_pem, sealed_key FROM bundles WHERE certificate_id = ?1", id);
  if (!bundle.next()) return;
  const std::string key = unseal(bundle.text(1), "certificates/" + std::to_string(id.value()));
  sqlite::Query(*database_,
                "INSERT OR REPLACE INTO revocations (certificate_id, authority, account, names, "
                "serial, not_after, reason, state, requested, awaits_replacement, next_attempt, "
                "chain_pem, sealed_key) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                id,
                certificate.authority,
                certificate.account,
                join_names(certificate.names),
                certificate.serial,
                certificate.not_after,
                static_cast<std::int64_t>(reason),
                static_cast<std::int64_t>(RevocationState::pending),
                now,
                static_cast<std::int64_t>(awaits_replacement),
                awaits_replacement ? now + longest_replacement : now,
                bundle.text(0),
                sqlite::Blob{sealer_.seal(key, purpose_of(id))})
      .run();
}

bool SqliteStore::replace_revoked(const Certificate& certificate,
                                  RevocationWish::Replacement replacement,
                                  base::WallTime now) {
  if (replacement == RevocationWish::Replacement::none) {
    // Its authority would advise to renew it at once (RFC 9773 §4.2).
    sqlite::Query(
        *database_, "UPDATE certificates SET next_check = NULL WHERE id = ?1", certificate.id)
        .run();
    return false;
  }
  bool is_replaced = false;
  for (const base::DomainName& name : names_that_use(certificate.id)) {
    if (replacement == RevocationWish::Replacement::at_once) {
      const RenewalOutcome outcome = request_renewal_of(name, now);
      is_replaced = is_replaced || outcome == RenewalOutcome::requested ||
                    outcome == RenewalOutcome::under_way;
    } else {
      is_replaced = bring_renewal_forward(name, now) || is_replaced;
    }
  }
  if (is_replaced) {
    sqlite::Query(*database_,
                  "UPDATE certificates SET renew_at = min(renew_at, ?2) WHERE id = ?1",
                  certificate.id,
                  now)
        .run();
  }
  return is_replaced;
}

std::vector<base::DomainName> SqliteStore::names_that_use(CertificateId certificate) {
  std::vector<base::DomainName> names;
  sqlite::Query row(*database_,
                    "SELECT name FROM hostnames WHERE certificate_id = ?1 UNION "
                    "SELECT name FROM second_certificates WHERE certificate_id = ?1 ORDER BY name",
                    certificate);
  while (row.next()) {
    std::optional<base::DomainName> name = read_name(*database_, row.text(0));
    if (!name) break;
    names.push_back(*std::move(name));
  }
  return names;
}

bool SqliteStore::bring_renewal_forward(const base::DomainName& name, base::WallTime now) {
  const std::optional<HostnameDetail> detail = load_hostname(name);
  if (!detail || !is_ordered(detail->hostname.mode)) return false;
  if (detail->order) return true;
  sqlite::Query(*database_,
                "UPDATE hostnames SET next_attempt = min(coalesce(next_attempt, ?2), ?2) "
                "WHERE name = ?1 AND failures = 0",
                name.text(),
                now)
      .run();
  sqlite::Query(*database_,
                "UPDATE second_certificates SET next_attempt = min(coalesce(next_attempt, ?2), ?2) "
                "WHERE name = ?1 AND failures = 0 AND order_id IS NULL",
                name.text(),
                now)
      .run();
  return true;
}

std::optional<Revocation> SqliteStore::load_revocation(CertificateId certificate) {
  static const std::string sql = select_revocations("WHERE certificate_id = ?1");
  sqlite::Query row(*database_, sql, certificate);
  if (!row.next()) return std::nullopt;
  return read_revocation(*database_, row);
}

/// No hostname uses it any more: what the revocation has waited for.
void SqliteStore::note_replaced(CertificateId certificate, base::WallTime now) {
  sqlite::Query(*database_,
                "UPDATE revocations SET awaits_replacement = 0, next_attempt = ?2 "
                "WHERE certificate_id = ?1 AND state = 0 AND awaits_replacement",
                certificate,
                now)
      .run();
}

StoreResult<std::vector<RevocationTask>> SqliteStore::due_revocations(std::string_view authority,
                                                                      base::WallTime now,
                                                                      std::size_t limit) {
  static const std::string sql = select_revocations(
      "WHERE authority = ?1 AND state = 0 AND next_attempt <= ?2 ORDER BY next_attempt LIMIT ?3");
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_, sql, authority, now, static_cast<std::int64_t>(limit));
  std::vector<RevocationTask> tasks;
  while (row.next()) {
    RevocationTask task{read_revocation(*database_, row), std::string(row.text(14)), {}};
    task.private_key_pem = unseal(row.text(15), purpose_of(task.revocation.certificate));
    if (database_->has_failed()) break;
    tasks.push_back(std::move(task));
  }
  return transaction.finish(std::move(tasks));
}

StoreResult<std::optional<base::WallTime>> SqliteStore::next_revocation(
    std::string_view authority) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT min(next_attempt) FROM revocations WHERE authority = ?1 AND state = 0",
                    authority);
  const std::optional<base::WallTime> next = row.next() ? row.optional_time(0) : std::nullopt;
  return transaction.finish(next);
}

StoreResult<void> SqliteStore::save_revocation(const RevocationAttempt& attempt,
                                               base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::optional<Revocation> before = load_revocation(attempt.certificate);
  if (!before || before->state != RevocationState::pending) return transaction.finish();
  if (attempt.state == RevocationState::pending) {
    sqlite::Query(*database_,
                  "UPDATE revocations SET awaits_replacement = 0, next_attempt = ?2, "
                  "failures = failures + 1, last_error = ?3 WHERE certificate_id = ?1",
                  attempt.certificate,
                  attempt.next_attempt,
                  attempt.error)
        .run();
    return transaction.finish();
  }
  end_revocation(*before, attempt, now);
  return transaction.finish();
}

void SqliteStore::end_revocation(const Revocation& before,
                                 const RevocationAttempt& attempt,
                                 base::WallTime now) {
  const bool is_revoked = attempt.state == RevocationState::revoked;
  sqlite::Query(*database_,
                "UPDATE revocations SET state = ?2, awaits_replacement = 0, next_attempt = NULL, "
                "last_error = ?3, revoked_at = ?4, chain_pem = '', sealed_key = NULL "
                "WHERE certificate_id = ?1",
                before.certificate,
                static_cast<std::int64_t>(attempt.state),
                attempt.error,
                is_revoked ? std::optional(now) : std::nullopt)
      .run();
  std::string detail = "serial=" + before.serial + " authority=" + before.authority +
                       " reason=" + std::string(acme::to_string(before.reason));
  if (!is_revoked) detail += " error=" + attempt.error;
  for (const base::DomainName& name : before.names) {
    append_event(is_revoked ? EventKind::certificate_revoked : EventKind::revocation_refused,
                 name.text(),
                 detail,
                 now);
  }
  append_change(ChangeKind::certificate, std::to_string(before.certificate.value()));
}

StoreResult<std::optional<Revocation>> SqliteStore::revocation(CertificateId certificate) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  return transaction.finish(load_revocation(certificate));
}

StoreResult<std::vector<Revocation>> SqliteStore::revocations(std::optional<RevocationState> state,
                                                              CertificateId after,
                                                              std::size_t limit) {
  static const std::string sql = select_revocations(
      "WHERE certificate_id > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY certificate_id LIMIT ?3");
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  std::optional<std::int64_t> wanted;
  if (state) wanted = static_cast<std::int64_t>(*state);
  sqlite::Query row(*database_, sql, after, wanted, static_cast<std::int64_t>(limit));
  std::vector<Revocation> revocations;
  while (row.next()) {
    revocations.push_back(read_revocation(*database_, row));
    if (database_->has_failed()) break;
  }
  return transaction.finish(std::move(revocations));
}

}  // namespace agent
