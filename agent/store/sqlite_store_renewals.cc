#include <chrono>
#include <ctime>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::string text_of(base::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::string text(sizeof("2030-01-02T03:04:05Z"), '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  return text;
}

std::string describe(const RenewalAdvice& advice) {
  std::string text = "window=" + text_of(advice.window_start) + "/" + text_of(advice.window_end) +
                     " instant=" + text_of(advice.instant);
  if (!advice.explanation_url.empty()) text += " explanation=" + advice.explanation_url;
  return text;
}

bool has_same_window(const RenewalAdvice& one, const RenewalAdvice& other) {
  return one.window_start == other.window_start && one.window_end == other.window_end;
}

}  // namespace

StoreResult<std::vector<Certificate>> SqliteStore::due_renewal_checks(std::string_view authority,
                                                                      base::WallTime now,
                                                                      std::size_t limit) {
  static const std::string sql = select_certificates(
      "WHERE c.authority = ?1 AND c.next_check <= ?2 AND c.state <> 2 "
      "ORDER BY c.next_check LIMIT ?3");
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_, sql, authority, now, static_cast<std::int64_t>(limit));
  std::vector<Certificate> certificates;
  while (row.next()) {
    std::optional<Certificate> certificate = read_certificate(*database_, row);
    if (!certificate) break;
    certificates.push_back(*std::move(certificate));
  }
  return transaction.finish(std::move(certificates));
}

StoreResult<std::optional<base::WallTime>> SqliteStore::next_renewal_check(
    std::string_view authority) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT min(next_check) FROM certificates "
                    "WHERE authority = ?1 AND next_check IS NOT NULL AND state <> 2",
                    authority);
  const std::optional<base::WallTime> next = row.next() ? row.optional_time(0) : std::nullopt;
  return transaction.finish(next);
}

StoreResult<void> SqliteStore::save_renewal_checks(std::span<const RenewalCheck> checks,
                                                   base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  for (const RenewalCheck& check : checks) save_renewal_check(check, now);
  return transaction.finish();
}

void SqliteStore::save_renewal_check(const RenewalCheck& check, base::WallTime now) {
  const std::optional<Certificate> before = load_certificate(check.certificate);
  if (!before || before->state == CertificateState::retired) return;
  sqlite::Query(*database_,
                "UPDATE certificates SET next_check = ?2, failed_checks = ?3 WHERE id = ?1",
                check.certificate,
                check.next_check,
                static_cast<std::int64_t>(check.failed_checks))
      .run();
  if (check.advised) move_renewal(*before, *check.advised, now);
}

void SqliteStore::move_renewal(const Certificate& before,
                               const RenewalCheck::Advised& advised,
                               base::WallTime now) {
  const RenewalAdvice& advice = advised.advice;
  if (before.advice == advice && before.renew_at == advised.renew_at) return;
  sqlite::Query(*database_,
                "UPDATE certificates SET renew_at = ?2, window_start = ?3, window_end = ?4, "
                "renewal_instant = ?5, explanation_url = ?6 WHERE id = ?1",
                before.id,
                advised.renew_at,
                advice.window_start,
                advice.window_end,
                advice.instant,
                advice.explanation_url)
      .run();
  sqlite::Query(*database_,
                "UPDATE hostnames SET next_attempt = ?2 WHERE certificate_id = ?1 AND mode = ?3 "
                "AND order_id IS NULL AND failures = 0 AND renewal_requested = 0 "
                "AND covered_by IS NULL",
                before.id,
                advised.renew_at,
                static_cast<std::int64_t>(HostnameMode::automatic))
      .run();
  sqlite::Query(*database_,
                "UPDATE second_certificates SET next_attempt = ?2 WHERE certificate_id = ?1 "
                "AND order_id IS NULL AND failures = 0 AND renewal_requested = 0",
                before.id,
                advised.renew_at)
      .run();
  // Its first advice is no news.
  if (!before.advice || has_same_window(*before.advice, advice)) return;
  for (const base::DomainName& name : before.names) {
    append_event(EventKind::renewal_moved, name.text(), describe(advice), now);
  }
}

}  // namespace agent
