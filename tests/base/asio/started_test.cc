#include "base/started.h"

#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/run_on.h"
#include "tests/haproxy/asio/await.h"

namespace base {
namespace {

using haproxy::test::await;

class StartedTest : public testing::Test {
 protected:
  ~StartedTest() override { pool_.join(); }

  asio::awaitable<std::unique_ptr<int>> work() {
    return run_on(pool_, [] { return std::make_unique<int>(7); });
  }
  static asio::awaitable<int> fail() {
    throw std::runtime_error("no");
    co_return 0;
  }

  asio::io_context io_{1};
  asio::thread_pool pool_{1};
};

TEST_F(StartedTest, GivesTheResultToWhoeverTakesItLater) {
  Started<std::unique_ptr<int>> started(io_.get_executor(), work());
  EXPECT_EQ(*await(io_, started.take()), 7);
}

TEST_F(StartedTest, GoesOnBesideWhoeverHasStartedIt) {
  Started<std::unique_ptr<int>> started(io_.get_executor(), work());
  io_.run();  // to its end, with nobody waiting
  EXPECT_EQ(*await(io_, started.take()), 7);
}

TEST_F(StartedTest, ThrowsWhatTheWorkHasThrown) {
  Started<int> started(io_.get_executor(), fail());
  EXPECT_THROW(await(io_, started.take()), std::runtime_error);
}

TEST_F(StartedTest, MayBeDropped) {
  { const Started<std::unique_ptr<int>> started(io_.get_executor(), work()); }
  io_.run();
}

}  // namespace
}  // namespace base
