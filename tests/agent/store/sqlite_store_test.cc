#include "agent/store/sqlite_store.h"

#include <filesystem>
#include <fstream>

#include "agent/store/sqlite.h"
#include "tests/agent/store/conformance_custom.h"
#include "tests/agent/store/conformance_zones.h"
#include "tests/agent/store/revocation_conformance.h"
#include "tests/agent/store/second_certificates.h"
#include "tests/agent/store/sqlite_backend.h"
#include "tests/agent/store/usage_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

const BackendKind sqlite_backend{"Sqlite", [] { return std::make_unique<SqliteBackend>(); }};

INSTANTIATE_TEST_SUITE_P(, StoreConformance, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, RevocationConformance, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, SecondCertificates, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, StoreCustom, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, StoreZones, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, StoreWildcards, testing::Values(sqlite_backend), name_of_backend);
INSTANTIATE_TEST_SUITE_P(, StoreUsage, testing::Values(sqlite_backend), name_of_backend);

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

std::vector<HostnameSettings> many_hostnames(int count) {
  std::vector<HostnameSettings> settings;
  for (int i = 0; i < count; ++i) {
    const std::string text = "host" + std::to_string(i) + ".example.org";
    settings.push_back({.name = base::DomainName::parse(text).value()});
  }
  return settings;
}

std::vector<std::string> plans_of_all_statements(sqlite3* handle) {
  std::vector<std::string> texts;
  for (sqlite3_stmt* statement = sqlite3_next_stmt(handle, nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(handle, statement)) {
    texts.emplace_back(sqlite3_sql(statement));
  }
  std::vector<std::string> plans;
  for (const std::string& text : texts) {
    if (!text.starts_with("SELECT")) continue;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle, ("EXPLAIN QUERY PLAN " + text).c_str(), -1, &statement, nullptr);
    std::string plan = text + "\n";
    while (sqlite3_step(statement) == SQLITE_ROW) {
      plan += reinterpret_cast<const char*>(sqlite3_column_text(statement, 3));
      plan += '\n';
    }
    sqlite3_finalize(statement);
    plans.push_back(plan);
  }
  return plans;
}

class SqliteStoreFile : public testing::Test {
 protected:
  StoreResult<std::unique_ptr<SqliteStore>> open(SqliteStoreOptions options = {}) {
    return SqliteStore::open(sqlite::Connection::open(path_).value(), *sealer_, options);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "store.db";
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
};

TEST_F(SqliteStoreFile, IsRefusedWithAnotherKey) {
  ASSERT_TRUE(open());
  sealer_ = Sealer::load_or_create(folder_ / "other-key", random_).value();
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, StoreErrc::wrong_key);
  EXPECT_THAT(store.error().detail, HasSubstr(path_));
  EXPECT_THAT(store.error().detail, HasSubstr(folder_ / "other-key"));
}

TEST_F(SqliteStoreFile, HoldsNoPrivateKeyInTheClear) {
  {
    const auto store = open().value();
    ASSERT_TRUE(store->add_hostnames(many_hostnames(1), now));
    const base::DomainName name = base::DomainName::parse("host0.example.org").value();
    const std::vector<NewOrder> wanted = {{"authority", {name}}};
    OrderRecord order = store->create_orders(wanted, now).value().at(0);
    order.document = "SECRET of the order";
    ASSERT_TRUE(store->save_order(order, {}));
    CertificateBundle bundle;
    bundle.certificate.names = {name};
    bundle.private_key_pem = "SECRET of the certificate";
    ASSERT_TRUE(store->finish_order(order.id, bundle, now));
    ASSERT_TRUE(
        store->put_account({.authority = "authority", .key_pem = "SECRET of the account"}, now));
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(bytes, Not(HasSubstr("SECRET"))) << entry.path();
  }
}

TEST_F(SqliteStoreFile, AKeyMovedToAnotherRowIsNoticed) {
  const auto store = open().value();
  const Account first{.authority = "first", .directory_url = "https://a", .key_pem = "key"};
  const Account second{.authority = "second", .directory_url = "https://a", .key_pem = "key"};
  ASSERT_TRUE(store->put_account(first, now));
  ASSERT_TRUE(store->put_account(second, now));
  const auto intruder = sqlite::Connection::open(path_).value();
  intruder->execute(
      "UPDATE accounts SET sealed_key = (SELECT sealed_key FROM accounts WHERE authority = 'first')"
      " WHERE authority = 'second'");
  EXPECT_EQ(store->account("first", "https://a").value(), first);
  EXPECT_EQ(store->account("second", "https://a").error().code, StoreErrc::corrupt);
}

TEST_F(SqliteStoreFile, ADamagedRowIsAnErrorAndNoCrash) {
  const auto store = open().value();
  ASSERT_TRUE(store->add_hostnames(many_hostnames(1), now));
  const auto intruder = sqlite::Connection::open(path_).value();
  intruder->execute("UPDATE hostnames SET mode = 7");
  EXPECT_EQ(store->list_hostnames({}, now).error().code, StoreErrc::corrupt);
  intruder->execute("UPDATE hostnames SET mode = 0, name = '../../etc/passwd'");
  EXPECT_EQ(store->due_hostnames(now, 10).error().code, StoreErrc::corrupt);
}

TEST_F(SqliteStoreFile, AFullDiskIsSaidAndTheStoreWorksOnAfterwards) {
  std::unique_ptr<sqlite::Connection> database = sqlite::Connection::open(path_).value();
  sqlite3* handle = database->handle();
  const auto store = SqliteStore::open(std::move(database), *sealer_).value();
  ASSERT_TRUE(store->add_hostnames(many_hostnames(1), now));
  sqlite3_exec(handle, "PRAGMA max_page_count = 100", nullptr, nullptr, nullptr);
  const auto refused = store->add_hostnames(many_hostnames(10'000), now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, StoreErrc::disk_full);
  EXPECT_THAT(refused.error().detail, HasSubstr(path_));
  EXPECT_EQ(store->count_hostnames(now).value().total(), 1u);
  sqlite3_exec(handle, "PRAGMA max_page_count = 1000000", nullptr, nullptr, nullptr);
  EXPECT_TRUE(store->add_hostnames(many_hostnames(10'000), now));
}

TEST_F(SqliteStoreFile, AFullDiskTakesBackAllThatIsCommittedTogether) {
  std::unique_ptr<sqlite::Connection> database = sqlite::Connection::open(path_).value();
  sqlite3* handle = database->handle();
  const auto store = SqliteStore::open(std::move(database), *sealer_).value();
  sqlite3_exec(handle, "PRAGMA max_page_count = 100", nullptr, nullptr, nullptr);
  const auto committed = store->commit_together([&] {
    EXPECT_TRUE(store->put_meta("first", "value"));
    EXPECT_EQ(store->add_hostnames(many_hostnames(10'000), now).error().code, StoreErrc::disk_full);
    // SQLite may have rolled back everything by itself: what follows must not stand alone.
    static_cast<void>(store->put_meta("last", "value"));
  });
  const bool first = store->meta("first").value().has_value();
  EXPECT_EQ(store->meta("last").value().has_value(), first);
  EXPECT_EQ(committed.has_value(), first);
}

TEST_F(SqliteStoreFile, AnotherWriterIsWaitedForAndThenSaid) {
  std::unique_ptr<sqlite::Connection> database = sqlite::Connection::open(path_).value();
  sqlite3* handle = database->handle();
  const auto store = SqliteStore::open(std::move(database), *sealer_).value();
  sqlite3_busy_timeout(handle, 1);
  const auto other = sqlite::Connection::open(path_).value();
  other->execute("BEGIN IMMEDIATE");
  EXPECT_EQ(store->put_meta("key", "value").error().code, StoreErrc::busy);
  EXPECT_EQ(store
                ->commit_together([&] {
                  EXPECT_EQ(store->put_meta("key", "value").error().code, StoreErrc::busy);
                })
                .error()
                .code,
            StoreErrc::busy);
  EXPECT_TRUE(store->meta("key"));  // reading goes on
  other->execute("ROLLBACK");
  EXPECT_TRUE(store->put_meta("key", "value"));
}

TEST_F(SqliteStoreFile, KeepsTheNewestHistoryOnly) {
  const auto store = open({.max_events = 1000, .max_changes = 1000}).value();
  ASSERT_TRUE(store->add_hostnames(many_hostnames(5000), now));
  const std::vector<Event> events = store->events({.limit = 100'000}).value();
  EXPECT_GE(events.size(), 1000u);
  EXPECT_LT(events.size(), 1300u);
  EXPECT_EQ(events.back().subject, "host4999.example.org");
  EXPECT_EQ(store->changes(0, 10).error().code, StoreErrc::gone);
  EXPECT_EQ(store->changes(store->last_change().value() - 1000, 5000).value().size(), 1000u);
}

TEST_F(SqliteStoreFile, NothingThatIsAskedOftenReadsAWholeTable) {
  std::unique_ptr<sqlite::Connection> database = sqlite::Connection::open(path_).value();
  sqlite3* handle = database->handle();
  const auto store = SqliteStore::open(std::move(database), *sealer_).value();
  ASSERT_TRUE(store->add_hostnames(many_hostnames(10), now));
  ASSERT_TRUE(store->due_hostnames(now, 10));
  ASSERT_TRUE(store->next_due());
  ASSERT_TRUE(store->mark_near_expiry(now));
  ASSERT_TRUE(store->save_traffic(std::vector<HostnameTraffic>{{many_hostnames(1)[0].name, 1}}));
  ASSERT_TRUE(store->count_hostnames(now));
  ASSERT_TRUE(store->hostname(many_hostnames(1)[0].name));
  for (const auto state : {CertState::pending, CertState::expired, CertState::disabled}) {
    ASSERT_TRUE(store->list_hostnames({.state = state}, now));
  }
  ASSERT_TRUE(store->due_usage_looks(now, 10));
  ASSERT_TRUE(store->list_hostnames({.usage = HostnameQuery::Usage::unused}, now));
  ASSERT_TRUE(store->list_hostnames({.search = "a"}, now));
  ASSERT_TRUE(store->list_hostnames({.search = "a", .state = CertState::ready}, now));
  ASSERT_TRUE(store->certificates(CertificateSelection::retired, CertificateId(0), 10));
  ASSERT_TRUE(store->mark_served(std::vector{CertificateId(1)}, now));
  ASSERT_TRUE(store->events({.subject = "a"}));
  ASSERT_TRUE(store->changes(0, 10));
  static_cast<void>(store->fail_order(OrderId(1), {"no", now}, now));
  const std::vector<std::string> plans = plans_of_all_statements(handle);
  EXPECT_GT(plans.size(), 10u);
  EXPECT_THAT(plans,
              Each(Not(testing::ContainsRegex(
                  "SCAN (h|c|o|s|hostnames|certificates|events|second_certificates)\n"))));
  for (const std::string& plan : plans) {
    if (plan.find("ORDER BY h.next_attempt") != std::string::npos) {
      const bool is_renewal = plan.find("h.traffic = ?5") != std::string::npos;
      EXPECT_THAT(plan,
                  HasSubstr(is_renewal ? "hostnames_renewals (urgency=? AND near_expiry=? AND "
                                         "traffic=? AND next_attempt<?)"
                                       : "hostnames_due (urgency=? AND next_attempt<?)"));
    }
    if (plan.find("ORDER BY s.next_attempt") != std::string::npos) {
      EXPECT_THAT(plan, HasSubstr("second_certificates_due (urgency=? AND next_attempt<?)"));
    }
    if (plan.find("ORDER BY next_look") != std::string::npos) {
      EXPECT_THAT(plan, HasSubstr("hostnames_next_look (next_look<?)"));
    }
    if (plan.find("AND unused_since IS NOT NULL ORDER BY") != std::string::npos) {
      EXPECT_THAT(plan, HasSubstr("hostnames_unused"));
    }
    // Expired hostnames are sorted by name after the index has found them; all else comes sorted.
    if (plan.find("AND (mode = 1) = 0 AND served_until <= ?4") != std::string::npos) {
      EXPECT_THAT(plan, HasSubstr("hostnames_state (<expr>=? AND served_until<?)"));
    } else {
      EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE")));
    }
  }
}

}  // namespace
}  // namespace agent
