#include "acme/order_schedule.h"

#include <set>

#include <gtest/gtest.h>

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(PollDelay, GrowsToTenSecondsGiveOrTakeAFifth) {
  const std::vector<int> schedule = {200, 500, 1000, 2000, 3000, 5000, 8000, 10000, 10000, 10000};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::size_t poll = 0; poll < schedule.size(); ++poll) {
      const auto delay = poll_delay(static_cast<int>(poll), std::nullopt, seed).count();
      EXPECT_GE(delay, schedule[poll] * 8 / 10 - 1);
      EXPECT_LE(delay, schedule[poll] * 12 / 10);
    }
  }
  EXPECT_LE(poll_delay(1000000, std::nullopt, 1), seconds(12));
}

TEST(PollDelay, DiffersBetweenOrdersAndRepeatsForOne) {
  std::set<milliseconds> delays;
  for (std::uint64_t seed = 0; seed < 50; ++seed) delays.insert(poll_delay(7, std::nullopt, seed));
  EXPECT_GT(delays.size(), 40U);
  EXPECT_EQ(poll_delay(7, std::nullopt, 3), poll_delay(7, std::nullopt, 3));
}

TEST(PollDelay, IsTheAuthoritysWithinOneAndSixtySeconds) {
  EXPECT_EQ(poll_delay(0, seconds(0), 1), seconds(1));
  EXPECT_EQ(poll_delay(0, seconds(3), 1), seconds(3));
  EXPECT_EQ(poll_delay(0, seconds(61), 1), seconds(60));
}

TEST(OverdueDelay, DoublesFromAMinuteToAQuarterHourAndIsNeverShort) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_GE(overdue_delay(1, seed), minutes(1));
    EXPECT_LE(overdue_delay(1, seed), seconds(72));
    EXPECT_GE(overdue_delay(3, seed), minutes(4));
    EXPECT_GE(overdue_delay(100, seed), minutes(15));
    EXPECT_LE(overdue_delay(100, seed), minutes(18));
  }
}

}  // namespace
}  // namespace acme
