#include <algorithm>

#include "agent/store/sqlite_rows.h"
#include "agent/store/sqlite_store.h"

namespace agent {
namespace {

std::int64_t microseconds_of(BudgetTime time) {
  return time.time_since_epoch().count();
}

BudgetTime time_of(std::int64_t microseconds) {
  return BudgetTime(std::chrono::microseconds(microseconds));
}

/// nullopt: what was learned is never forgotten.
std::optional<base::WallTime> idle_at(const BudgetState& state) {
  if (state.learned) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(state.full_at, state.queue_end));
}

/// REQUIRES: the four columns from `first` on are full_at, queue_end and what was learned.
BudgetState read_state(const sqlite::Query& row, int first) {
  BudgetState state{time_of(row.integer(first)), time_of(row.integer(first + 1))};
  if (row.is_null(first + 2)) return state;
  state.learned =
      RateLimit{static_cast<std::uint32_t>(std::max<std::int64_t>(1, row.integer(first + 2))),
                std::chrono::milliseconds(std::max<std::int64_t>(1, row.integer(first + 3)))};
  return state;
}

}  // namespace

StoreResult<BudgetState> SqliteStore::budget(std::string_view authority, const BudgetKey& key) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT full_at, queue_end, learned_count, learned_period FROM budgets "
                    "WHERE authority = ?1 AND kind = ?2 AND subject = ?3",
                    authority,
                    static_cast<std::int64_t>(key.kind),
                    key.subject);
  return transaction.finish(row.next() ? read_state(row, 0) : BudgetState());
}

StoreResult<std::vector<BudgetEntry>> SqliteStore::budgets(base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::read);
  sqlite::Query row(*database_,
                    "SELECT authority, kind, subject, full_at, queue_end, learned_count, "
                    "learned_period FROM budgets WHERE idle_at IS NULL OR idle_at > ?1 "
                    "ORDER BY authority, kind, subject",
                    now);
  std::vector<BudgetEntry> entries;
  while (row.next()) {
    BudgetEntry& entry = entries.emplace_back();
    entry.authority = row.text(0);
    entry.key = {row.enumerator(1, LimitKind::renewal_reserve), std::string(row.text(2))};
    entry.state = read_state(row, 3);
  }
  return transaction.finish(std::move(entries));
}

StoreResult<void> SqliteStore::save_budgets(std::span<const BudgetEntry> budgets,
                                            base::WallTime now) {
  sqlite::Transaction transaction(*database_, sqlite::Transaction::Kind::write);
  put_budgets(budgets, now);
  return transaction.finish();
}

void SqliteStore::put_budgets(std::span<const BudgetEntry> budgets, base::WallTime now) {
  for (const BudgetEntry& entry : budgets) {
    const std::optional<RateLimit>& learned = entry.state.learned;
    using Number = std::optional<std::int64_t>;
    sqlite::Query(*database_,
                  "INSERT OR REPLACE INTO budgets (authority, kind, subject, full_at, queue_end, "
                  "learned_count, learned_period, idle_at) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  entry.authority,
                  static_cast<std::int64_t>(entry.key.kind),
                  entry.key.subject,
                  microseconds_of(entry.state.full_at),
                  microseconds_of(entry.state.queue_end),
                  learned ? Number(learned->count) : Number(),
                  learned ? Number(learned->period.count()) : Number(),
                  idle_at(entry.state))
        .run();
  }
  if (budgets.empty()) return;
  sqlite::Query(*database_, "DELETE FROM budgets WHERE idle_at <= ?1", now).run();
}

}  // namespace agent
