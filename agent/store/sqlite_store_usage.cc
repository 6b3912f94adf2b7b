// Whether hostnames still lead to us: see agent/model/usage.h.

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {

StoreResult<std::vector<HostnameUsage>> SqliteStore::due_usage_looks(base::WallTime now,
                                                                     std::size_t limit) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  // Only the names of wildcards are not above '+'.
  sqlite::Query rows(*database_,
                     "SELECT name, absent_since, unused_since, traffic FROM hostnames "
                     "WHERE certificate_id IS NOT NULL AND covered_by IS NULL AND name > '+' "
                     "AND next_look <= ?1 ORDER BY next_look LIMIT ?2",
                     now,
                     static_cast<std::int64_t>(limit));
  std::vector<HostnameUsage> due;
  while (rows.next()) {
    std::optional<base::DomainName> name = read_name(*database_, rows.text(0));
    if (!name) break;
    due.push_back({*std::move(name),
                   rows.optional_time(1),
                   rows.optional_time(2),
                   static_cast<std::uint8_t>(rows.integer(3))});
  }
  return transaction.finish(std::move(due));
}

StoreResult<void> SqliteStore::save_usage_looks(std::span<const UsageLook> looks,
                                                base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  for (const UsageLook& look : looks) save_usage_look(look, now);
  return transaction.finish();
}

void SqliteStore::save_usage_look(const UsageLook& look, base::WallTime now) {
  sqlite::Query(*database_,
                "UPDATE hostnames SET next_look = ?2, absent_since = ?3, "
                "absence = iif(?4 = '' AND ?3 IS NOT NULL, absence, ?4) "
                "WHERE name = ?1",
                look.name.text(),
                look.next_look,
                look.absent_since,
                look.absence)
      .run();
  std::optional<HostnameDetail> detail = load_hostname(look.name);
  if (!detail || detail->hostname.unused_since == look.unused_since) return;
  const bool is_news = detail->hostname.unused_since.has_value() != look.unused_since.has_value();
  detail->hostname.unused_since = look.unused_since;
  save_hostname(detail->hostname, detail->order ? std::optional(detail->order->id) : std::nullopt);
  rank_second(look.name);
  if (!is_news) return;
  append_event(look.unused_since ? EventKind::hostname_unused : EventKind::hostname_used_again,
               look.name.text(),
               look.absence,
               now);
}

}  // namespace agent
