#include "agent/planner/clock_watch.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

class ClockWatchTest : public testing::Test {
 protected:
  fakes::FakeClock clock_;
  ClockWatch watch_{clock_};
};

TEST_F(ClockWatchTest, SeesNothingInTimeThatPasses) {
  clock_.advance(24h * 30);
  EXPECT_EQ(watch_.observe(), ClockJump::none);
  EXPECT_EQ(watch_.held_until(), std::nullopt);
}

TEST_F(ClockWatchTest, OverlooksASmallCorrection) {
  clock_.jump(59min);
  EXPECT_EQ(watch_.observe(), ClockJump::none);
  clock_.jump(-59s);
  EXPECT_EQ(watch_.observe(), ClockJump::none);
}

TEST_F(ClockWatchTest, HoldsRenewalsForAnHourAfterAJumpForth) {
  clock_.jump(24h * 365);
  EXPECT_EQ(watch_.observe(), ClockJump::forth);
  EXPECT_EQ(watch_.held_until(), clock_.wall() + 1h);
  clock_.advance(59min);
  EXPECT_EQ(watch_.observe(), ClockJump::none);
  EXPECT_EQ(watch_.held_until(), clock_.wall() + 1min);
  clock_.advance(1min);
  EXPECT_EQ(watch_.held_until(), std::nullopt);
}

TEST_F(ClockWatchTest, LetsRenewalsGoOnceTheJumpIsTakenBack) {
  clock_.jump(24h * 365);
  watch_.observe();
  clock_.advance(10min);
  clock_.jump(-24h * 365);
  EXPECT_EQ(watch_.observe(), ClockJump::back);
  EXPECT_EQ(watch_.held_until(), std::nullopt);
}

TEST_F(ClockWatchTest, ReportsAJumpBackOnce) {
  clock_.jump(-24h);
  EXPECT_EQ(watch_.observe(), ClockJump::back);
  EXPECT_EQ(watch_.observe(), ClockJump::none);
}

}  // namespace
}  // namespace agent
