#include "agent/store/sqlite.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/store/temporary_folder.h"

namespace agent::sqlite {
namespace {

using testing::HasSubstr;

/// Root may write any file: a test of permissions needs to be somebody else for a while.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    if (was_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~OrdinaryUser() {
    if (was_ == 0 && ::seteuid(0) != 0) std::abort();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  uid_t was_ = ::geteuid();
};

TEST(SqliteFile, IsCreatedForItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto database = Connection::open(folder / "new.db").value();
  database->execute("CREATE TABLE t (a)");
  for (const char* file : {"new.db", "new.db-wal", "new.db-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder / file).c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file;
  }
}

TEST(SqliteFile, IsDurableInWalMode) {
  const TemporaryFolder folder;
  const auto database = Connection::open(folder / "new.db").value();
  Query journal(*database, "PRAGMA journal_mode");
  ASSERT_TRUE(journal.next());
  EXPECT_EQ(journal.text(0), "wal");
  Query synchronous(*database, "PRAGMA synchronous");
  ASSERT_TRUE(synchronous.next());
  EXPECT_EQ(synchronous.integer(0), 2);  // FULL
  Query foreign_keys(*database, "PRAGMA foreign_keys");
  ASSERT_TRUE(foreign_keys.next());
  EXPECT_EQ(foreign_keys.integer(0), 1);
}

TEST(SqliteFile, InAMissingFolderIsAnErrorWithItsPath) {
  const TemporaryFolder folder;
  const auto database = Connection::open(folder / "missing/new.db");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, StoreErrc::io);
  EXPECT_THAT(database.error().detail, HasSubstr(folder / "missing/new.db"));
}

TEST(SqliteFile, ThatIsNoDatabaseIsRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  const auto database = Connection::open(folder / "text.db");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, StoreErrc::corrupt);
  EXPECT_THAT(database.error().detail, HasSubstr(folder / "text.db"));
}

TEST(SqliteFile, ThatCannotBeWrittenIsRefused) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Connection::open(folder / "old.db"));
  ASSERT_EQ(::chmod((folder / "").c_str(), 0755), 0);
  ASSERT_EQ(::chmod((folder / "old.db").c_str(), 0444), 0);
  const OrdinaryUser user;
  const auto database = Connection::open(folder / "old.db");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, StoreErrc::read_only);
  EXPECT_THAT(database.error().detail, HasSubstr("must be writable"));
}

TEST(SqliteFile, InAFolderThatCannotBeWrittenIsRefused) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod((folder / "").c_str(), 0555), 0);
  StoreErrc code{};
  {
    const OrdinaryUser user;
    code = Connection::open(folder / "new.db").error().code;
  }
  ::chmod((folder / "").c_str(), 0755);
  EXPECT_EQ(code, StoreErrc::read_only);
}

class SqliteTransaction : public testing::Test {
 protected:
  void SetUp() override {
    database_->execute("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    ASSERT_FALSE(database_->has_failed());
  }
  void insert(std::int64_t value) {
    Query(*database_, "INSERT INTO t (a) VALUES (?1)", value).run();
  }
  std::int64_t count() {
    Query row(*database_, "SELECT count(*) FROM t");
    return row.next() ? row.integer(0) : -1;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Connection> database_ = Connection::open(folder_ / "store.db").value();
};

TEST_F(SqliteTransaction, ThatIsNotFinishedIsRolledBack) {
  {
    const Transaction transaction(*database_, Transaction::Kind::write);
    insert(1);
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(SqliteTransaction, ReportsItsFirstErrorAndAppliesNothing) {
  Transaction transaction(*database_, Transaction::Kind::write);
  insert(1);
  insert(1);
  insert(2);
  EXPECT_EQ(count(), -1);  // nothing runs after an error
  const StoreResult<void> done = transaction.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, StoreErrc::conflict);
  EXPECT_EQ(count(), 0);
}

TEST_F(SqliteTransaction, DoesNotLetALaterReasonHideAnError) {
  Transaction transaction(*database_, Transaction::Kind::write);
  insert(1);
  insert(1);
  EXPECT_EQ(transaction.give_up({StoreErrc::gone, "no row"}).error().code, StoreErrc::conflict);
}

TEST_F(SqliteTransaction, InsideAnotherFailsAlone) {
  Transaction outer(*database_, Transaction::Kind::write);
  {
    Transaction inner(*database_, Transaction::Kind::write);
    insert(1);
    EXPECT_TRUE(inner.finish());
  }
  {
    Transaction inner(*database_, Transaction::Kind::write);
    insert(2);
    insert(2);
    EXPECT_FALSE(inner.finish());
  }
  {
    Transaction inner(*database_, Transaction::Kind::write);
    insert(3);
    EXPECT_TRUE(inner.finish());
  }
  EXPECT_TRUE(outer.finish());
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteTransaction, LostAsAWholeRefusesWhatFollowsInIt) {
  Transaction outer(*database_, Transaction::Kind::write);
  {
    Transaction inner(*database_, Transaction::Kind::write);
    insert(1);
    database_->execute("ROLLBACK");  // as SQLite does by itself after some I/O errors
    database_->fail({StoreErrc::io, "disk on fire"});
    EXPECT_FALSE(inner.finish());
  }
  {
    Transaction inner(*database_, Transaction::Kind::write);
    insert(2);
    EXPECT_EQ(inner.finish().error().detail, "disk on fire");
  }
  EXPECT_EQ(outer.finish().error().detail, "disk on fire");
  EXPECT_EQ(count(), 0);
  insert(3);
  EXPECT_EQ(count(), 1);
}

TEST_F(SqliteTransaction, AStatementIsNotUsedWithinItself) {
  Query outer(*database_, "SELECT a FROM t");
  EXPECT_THROW(Query(*database_, "SELECT a FROM t"), std::logic_error);
}

}  // namespace
}  // namespace agent::sqlite
