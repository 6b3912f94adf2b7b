#include "agent/store_asio/database.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/store/sqlite_store.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_random.h"
#include "tests/haproxy/asio/await.h"

namespace agent {
namespace {

using haproxy::test::await;
using ::testing::ElementsAre;

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    return SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_)
        .value();
  }

  const TemporaryFolder folder_;
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  base::NullLog log_;
  base::asio::io_context control_{1};
};

TEST_F(DatabaseTest, RunsACallOnItsThreadAndGivesTheResultToTheCaller) {
  Database database(open());
  std::thread::id thread;
  auto write = [&thread](Store& store) {
    thread = std::this_thread::get_id();
    return store.put_meta("key", "value");
  };
  ASSERT_TRUE(await(control_, database.run(write)));
  EXPECT_NE(thread, std::this_thread::get_id());
  auto read = [](Store& store) { return store.meta("key"); };
  EXPECT_EQ(await(control_, database.run(read)).value(), "value");
}

base::asio::awaitable<void> note(Database& database, int number, std::vector<int>& order) {
  auto call = [&order, number](Store&) {
    order.push_back(number);  // on the one thread of the database
    return number;
  };
  const int returned = co_await database.run(std::move(call));
  EXPECT_EQ(returned, number);
}

TEST_F(DatabaseTest, RunsCallsInTheOrderTheyWereMade) {
  std::vector<int> order;
  {
    Database database(open());
    for (int number = 1; number <= 3; ++number) {
      base::asio::co_spawn(
          control_, note(database, number, order), base::log_failure(log_, "note"));
    }
    control_.run();
  }
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

base::asio::awaitable<void> note_thread(Database& database, std::thread::id& thread) {
  auto call = [](Store&) { return 0; };
  static_cast<void>(co_await database.run(std::move(call)));
  thread = std::this_thread::get_id();
}

TEST_F(DatabaseTest, ResumesTheCallerOnItsOwnThread) {
  Database database(open());
  std::thread::id thread;
  base::asio::co_spawn(control_, note_thread(database, thread), base::log_failure(log_, "note"));
  control_.run();
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(DatabaseTest, TakesResultsThatCannotBeDefaultConstructed) {
  struct Plain {
    explicit Plain(int v) : value(v) {}
    int value;
  };
  Database database(open());
  auto call = [](Store&) { return Plain(7); };
  EXPECT_EQ(await(control_, database.run(call)).value, 7);
}

TEST_F(DatabaseTest, FinishesTheCallsUnderWayThoughTheirCallersAreNeverResumed) {
  std::vector<int> order;
  {
    Database database(open());
    for (int number = 1; number <= 2; ++number) {
      base::asio::co_spawn(
          control_, note(database, number, order), base::log_failure(log_, "note"));
    }
    control_.run_one();  // a handler each: both calls are on their way
    control_.run_one();
  }
  EXPECT_THAT(order, ElementsAre(1, 2));
}

}  // namespace
}  // namespace agent
