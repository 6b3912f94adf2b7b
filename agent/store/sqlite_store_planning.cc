#include <algorithm>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

constexpr std::int64_t automatic = static_cast<std::int64_t>(HostnameMode::automatic);

std::int64_t number_of(Urgency urgency) {
  return static_cast<std::int64_t>(urgency);
}

bool is_renewal(Urgency urgency) {
  return urgency == Urgency::renewal || urgency == Urgency::charged_renewal;
}

/// Of so many that are wanted a quarter is for second certificates, if there are enough.
void leave_room(std::vector<DueHostname>& due, std::size_t seconds, std::size_t limit) {
  const std::size_t most = limit - std::min(seconds, limit / 4);
  if (due.size() > most) due.erase(due.begin() + static_cast<std::ptrdiff_t>(most), due.end());
}

bool is_longer_due(const DueHostname& one, const DueHostname& other) {
  return one.hostname.next_attempt < other.hostname.next_attempt;
}

}  // namespace

StoreResult<std::vector<DueHostname>> Store::due_hostnames(base::WallTime now, std::size_t limit) {
  std::vector<DueQuery> queries;
  for (const Urgency urgency : all_urgencies) queries.push_back({urgency, limit});
  StoreResult<std::vector<DueHostname>> due = due_hostnames(now, queries);
  if (due && due->size() > limit) {
    due->erase(due->begin() + static_cast<std::ptrdiff_t>(limit), due->end());
  }
  return due;
}

StoreResult<std::optional<base::WallTime>> Store::next_due() {
  std::optional<base::WallTime> earliest;
  for (const Urgency urgency : all_urgencies) {
    const StoreResult<std::optional<base::WallTime>> first = next_due(urgency);
    if (!first) return first;
    if (*first && (!earliest || **first < *earliest)) earliest = *first;
  }
  return earliest;
}

StoreResult<std::vector<DueHostname>> SqliteStore::due_hostnames(
    base::WallTime now, std::span<const DueQuery> queries) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  std::vector<DueHostname> due;
  for (const DueQuery& query : queries) {
    std::vector<DueHostname> more = due_hostnames_of(query.urgency, now, query.limit);
    std::vector<DueHostname> seconds = due_seconds_of(query.urgency, now, query.limit);
    if (is_renewal(query.urgency)) leave_room(more, seconds.size(), query.limit);
    const auto middle = more.insert(
        more.end(), std::move_iterator(seconds.begin()), std::move_iterator(seconds.end()));
    // Renewals of first certificates are in the order of their traffic, which second ones have not.
    if (!is_renewal(query.urgency)) {
      std::inplace_merge(more.begin(), middle, more.end(), is_longer_due);
    }
    const std::size_t count = std::min(more.size(), query.limit);
    std::move(
        more.begin(), more.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(due));
  }
  return transaction.finish(std::move(due));
}

std::vector<DueHostname> SqliteStore::due_hostnames_of(Urgency urgency,
                                                       base::WallTime now,
                                                       std::size_t limit) {
  static const std::string sql = select_hostnames(
      "WHERE h.urgency = ?1 AND h.next_attempt <= ?2 ORDER BY h.next_attempt, h.name LIMIT ?3");
  if (is_renewal(urgency)) return due_renewals_of(urgency, now, limit);
  sqlite::Query rows(*database_, sql, number_of(urgency), now, static_cast<std::int64_t>(limit));
  return read_due(rows, now);
}

/// One look into the index for each level of traffic: what is not due is never read.
std::vector<DueHostname> SqliteStore::due_renewals_of(Urgency urgency,
                                                      base::WallTime now,
                                                      std::size_t limit) {
  static const std::string sql = select_hostnames(
      "WHERE h.urgency = ?1 AND h.near_expiry = ?4 AND h.traffic = ?5 AND h.next_attempt <= ?2 "
      "ORDER BY h.next_attempt, h.name LIMIT ?3");
  std::vector<DueHostname> due;
  for (const std::int64_t near_expiry : {1, 0}) {
    for (std::int64_t level = HostnameTraffic::busiest; level >= 0 && due.size() < limit; --level) {
      const auto room = static_cast<std::int64_t>(limit - due.size());
      sqlite::Query rows(*database_, sql, number_of(urgency), now, room, near_expiry, level);
      std::vector<DueHostname> more = read_due(rows, now);
      std::move(more.begin(), more.end(), std::back_inserter(due));
    }
  }
  return due;
}

std::vector<DueHostname> SqliteStore::read_due(sqlite::Query& rows, base::WallTime now) {
  std::vector<DueHostname> due;
  for (HostnameDetail& detail : read_hostnames(*database_, rows)) {
    DueHostname& added =
        due.emplace_back(DueHostname{std::move(detail.hostname), std::move(detail.certificate)});
    added.refusals = refusals_of(added.hostname, now);
    if (added.certificate && added.certificate->names.size() > 1) {
      added.together = names_renewed_with(*added.certificate);
    }
  }
  return due;
}

std::vector<base::DomainName> SqliteStore::names_renewed_with(const Certificate& certificate) {
  sqlite::Query rows(*database_,
                     "SELECT name FROM hostnames WHERE certificate_id = ?1 AND order_id IS NULL "
                     "AND failures = 0 AND mode = ?2 AND unused_since IS NULL ORDER BY name",
                     certificate.id,
                     automatic);
  std::vector<base::DomainName> names;
  while (rows.next()) {
    std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
    if (!name) break;
    // What a wildcard of it covers is not named in it.
    const auto& named = certificate.names;
    if (std::find(named.begin(), named.end(), *name) != named.end()) names.push_back(*name);
  }
  return names;
}

StoreResult<std::optional<base::WallTime>> SqliteStore::next_due(Urgency urgency) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT min(first) FROM (SELECT min(next_attempt) AS first FROM hostnames "
                    "WHERE urgency = ?1 AND next_attempt IS NOT NULL "
                    "UNION ALL SELECT min(next_attempt) FROM second_certificates "
                    "WHERE urgency = ?1 AND next_attempt IS NOT NULL)",
                    number_of(urgency));
  const std::optional<base::WallTime> first = row.next() ? row.optional_time(0) : std::nullopt;
  return transaction.finish(first);
}

StoreResult<std::uint64_t> SqliteStore::count_due(Urgency urgency,
                                                  base::WallTime now,
                                                  std::uint64_t most) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT count(*) FROM (SELECT 1 FROM hostnames "
                    "WHERE urgency = ?1 AND next_attempt <= ?2 LIMIT ?3)",
                    number_of(urgency),
                    now,
                    static_cast<std::int64_t>(most));
  const std::uint64_t count = row.next() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
  return transaction.finish(count);
}

StoreResult<std::size_t> SqliteStore::mark_near_expiry(base::WallTime now) {
  if (!is_any_near_expiry(now)) return std::size_t{0};  // a look, not a write, as nearly always
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  const std::size_t marked = sqlite::Query(*database_,
                                           "UPDATE hostnames SET near_expiry = 1 "
                                           "WHERE near_expiry = 0 AND near_expiry_at <= ?1",
                                           now)
                                 .run();
  return transaction.finish(marked);
}

bool SqliteStore::is_any_near_expiry(base::WallTime now) {
  sqlite::Query row(*database_,
                    "SELECT 1 FROM hostnames WHERE near_expiry = 0 AND near_expiry_at <= ?1 "
                    "LIMIT 1",
                    now);
  return row.next();
}

/// Of the hostnames whose certificate this is from now on.
void SqliteStore::set_expiry(CertificateId id, const Certificate& certificate) {
  const auto lifetime = certificate.not_after - certificate.not_before;
  sqlite::Query(*database_,
                "UPDATE hostnames SET near_expiry = 0, near_expiry_at = ?2 "
                "WHERE certificate_id = ?1",
                id,
                certificate.not_after - lifetime / near_expiry_part)
      .run();
}

StoreResult<void> SqliteStore::save_traffic(std::span<const HostnameTraffic> traffic) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  for (const HostnameTraffic& one : traffic) {
    sqlite::Query(*database_,
                  "UPDATE hostnames SET traffic = ?2, "
                  "next_look = iif(?2 > 0 AND absent_since IS NOT NULL, 0, next_look) "
                  "WHERE name = ?1",
                  one.name.text(),
                  std::int64_t{std::min(one.level, HostnameTraffic::busiest)})
        .run();
  }
  return transaction.finish();
}

StoreResult<std::vector<HostnameTraffic>> SqliteStore::traffic(std::size_t most) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query rows(*database_,
                     "SELECT name, traffic FROM hostnames WHERE traffic > 0 "
                     "ORDER BY traffic DESC LIMIT ?1",
                     static_cast<std::int64_t>(most));
  std::vector<HostnameTraffic> found;
  while (rows.next()) {
    std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
    if (!name) break;
    found.push_back({*std::move(name), static_cast<std::uint8_t>(rows.integer(1))});
  }
  return transaction.finish(std::move(found));
}

StoreResult<void> SqliteStore::postpone(std::span<const Postponement> postponements) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  constexpr const char* first =
      "UPDATE hostnames SET next_attempt = ?2, "
      "urgency = CASE WHEN ?3 AND urgency = ?4 THEN ?5 ELSE urgency END "
      "WHERE name = ?1 AND mode = ?6 AND order_id IS NULL AND covered_by IS NULL";
  constexpr const char* second =
      "UPDATE second_certificates SET next_attempt = ?2, "
      "urgency = CASE WHEN ?3 AND urgency = ?4 THEN ?5 ELSE urgency END "
      "WHERE name = ?1 AND order_id IS NULL AND ?6 = ?6";
  for (const Postponement& postponement : postponements) {
    sqlite::Query(*database_,
                  postponement.role == CertificateRole::first ? first : second,
                  postponement.name.text(),
                  postponement.next_attempt,
                  std::int64_t{postponement.wait == Postponement::Wait::new_order_token},
                  number_of(Urgency::renewal),
                  number_of(Urgency::charged_renewal),
                  automatic)
        .run();
  }
  return transaction.finish();
}

StoreResult<std::size_t> SqliteStore::rescue_attempts(base::WallTime now,
                                                      std::chrono::milliseconds longest,
                                                      std::chrono::milliseconds spread) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::size_t rescued =
      sqlite::Query(*database_,
                    "UPDATE hostnames SET next_attempt = ?2 "
                    "WHERE urgency = ?1 AND next_attempt > ?2 "
                    "AND (created > ?2 OR renewal_requested OR next_attempt > ?3)",
                    static_cast<std::int64_t>(Urgency::person_waits),
                    now,
                    now + longest)
          .run();
  for (const Urgency urgency : {Urgency::renewal, Urgency::charged_renewal, Urgency::retry}) {
    rescued +=
        sqlite::Query(*database_,
                      "UPDATE hostnames SET next_attempt = ?3 + (random() & 0x7fffffff) % ?4 "
                      "WHERE urgency = ?1 AND next_attempt > ?2 AND failures > 0",
                      static_cast<std::int64_t>(urgency),
                      now + longest,
                      now,
                      std::max<std::int64_t>(1, spread.count()))
            .run();
  }
  rescued += sqlite::Query(*database_,
                           "UPDATE second_certificates "
                           "SET next_attempt = ?2 + (random() & 0x7fffffff) % ?3 "
                           "WHERE next_attempt > ?1 AND (failures > 0 OR certificate_id IS NULL)",
                           now + longest,
                           now,
                           std::max<std::int64_t>(1, spread.count()))
                 .run();
  sqlite::Query(*database_,
                "UPDATE certificates SET next_check = ?2 + (random() & 0x7fffffff) % ?3 "
                "WHERE next_check > ?1 AND state <> 2",
                now + longest,
                now,
                std::max<std::int64_t>(1, spread.count()))
      .run();
  return transaction.finish(rescued);
}

StoreResult<std::vector<RenewalOutcome>> SqliteStore::request_renewal(
    std::span<const base::DomainName> names, base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  std::vector<RenewalOutcome> outcomes;
  outcomes.reserve(names.size());
  for (const base::DomainName& name : names) {
    if (database_->has_failed()) break;
    outcomes.push_back(request_renewal_of(name, now));
  }
  return transaction.finish(std::move(outcomes));
}

RenewalOutcome SqliteStore::request_renewal_of(const base::DomainName& name, base::WallTime now) {
  std::optional<HostnameDetail> detail = load_hostname(name);
  if (!detail) return RenewalOutcome::not_found;
  if (detail->hostname.mode == HostnameMode::off) return RenewalOutcome::disabled;
  if (detail->hostname.mode == HostnameMode::custom) return RenewalOutcome::custom;
  if (detail->hostname.covered_by) return request_renewal_of(*detail->hostname.covered_by, now);
  if (detail->order) return RenewalOutcome::under_way;
  Hostname& hostname = detail->hostname;
  hostname.next_attempt = now;
  hostname.failures = 0;
  hostname.parked = false;
  hostname.renewal_requested = true;
  hostname.unused_since.reset();
  save_hostname(hostname, std::nullopt);
  forget_refusals(name, CertificateRole::first);
  request_renewal_of_second(name, now);
  append_event(EventKind::renewal_requested, name.text(), "", now);
  return RenewalOutcome::requested;
}

}  // namespace agent
