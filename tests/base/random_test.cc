#include "base/random.h"

#include <set>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(SystemRandom, StaysBelowTheBoundAndReachesEveryValue) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random.below(5);
    EXPECT_LT(value, 5U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 5U);
}

TEST(SystemRandom, GivesUnitsInTheHalfOpenInterval) {
  SystemRandom random;
  for (int i = 0; i < 1000; ++i) {
    const double unit = random.unit();
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
}

}  // namespace
}  // namespace base
