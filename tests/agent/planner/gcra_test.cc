#include "agent/planner/gcra.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr BudgetTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

/// How many tokens can be taken at one instant.
int drain(const Gcra& gcra, BudgetTime& tat, BudgetTime now) {
  int taken = 0;
  while (const auto next = gcra.take(tat, now)) tat = *next, ++taken;
  return taken;
}

TEST(Gcra, HoldsABurstAndGetsOneTokenAnInterval) {
  const Gcra gcra = gcra_of(RateLimit{300, 3h}, 1.0);
  EXPECT_EQ(gcra.interval, 36s);
  BudgetTime tat{};
  EXPECT_EQ(drain(gcra, tat, start), 300);
  EXPECT_EQ(gcra.available_at(tat, start), start + 36s);
  EXPECT_EQ(drain(gcra, tat, start + 36s - 1us), 0);
  EXPECT_EQ(drain(gcra, tat, start + 36s), 1);
  EXPECT_EQ(drain(gcra, tat, start + 36s + 3h), 300);
  EXPECT_EQ(drain(gcra, tat, start + 1000h), 300) << "no more than full, however long it rests";
}

TEST(Gcra, CountsTheTokensThatAreTaken) {
  const Gcra gcra = gcra_of(RateLimit{300, 3h}, 1.0);
  BudgetTime tat{};
  EXPECT_EQ(tokens_taken(gcra, tat, start), 0u);
  for (int i = 0; i < 40; ++i) tat = gcra.take(tat, start).value();
  EXPECT_EQ(tokens_taken(gcra, tat, start), 40u);
  EXPECT_EQ(tokens_taken(gcra, tat, start + 1us), 40u);
  EXPECT_EQ(tokens_taken(gcra, tat, start + 36s), 39u);
  EXPECT_EQ(tokens_taken(gcra, tat, start + 40 * 36s), 0u);
}

TEST(Gcra, SaysWhenTheLastOfManyTokensIsThere) {
  const Gcra gcra = gcra_of(RateLimit{300, 3h}, 1.0);
  EXPECT_EQ(gcra.available_at(start, start, 300), start);
  EXPECT_EQ(gcra.available_at(start, start, 301), start + 36s);
  // 100,000 new certificates on a default account: 99,700 intervals after the burst.
  EXPECT_EQ(gcra.available_at(start, start, 100'000), start + 99'700 * 36s);
}

TEST(Gcra, UsesAPartOfALimitButOneTokenAtLeast) {
  EXPECT_EQ(gcra_of(RateLimit{300, 3h}, 0.97), (Gcra{37'113'403us, 291 * 37'113'403us}));
  EXPECT_EQ(gcra_of(RateLimit{1, 1h}, 0.5), (Gcra{2h, 2h}));
  EXPECT_EQ(gcra_of(RateLimit{100, 100s}, 0.29), (Gcra{3'448'276us, 29 * 3'448'276us}));
  EXPECT_EQ(gcra_of(RequestLimit{20, 10}, 1.0), (Gcra{50ms, 500ms}));
}

TEST(Gcra, CountsLimitsOfMoreThanAThousandASecond) {
  const Gcra gcra = gcra_of(RateLimit{30'000, 1s}, 1.0);
  BudgetTime tat{};
  EXPECT_EQ(drain(gcra, tat, start), 30'000);
  EXPECT_EQ(gcra.interval, 34us);
}

TEST(Gcra, IsEmptyUntilAnInstantOnRequest) {
  const Gcra gcra = gcra_of(RateLimit{300, 3h}, 0.97);
  const BudgetTime tat = gcra.empty_until(start + 5min);
  EXPECT_EQ(gcra.available_at(tat, start), start + 5min);
  EXPECT_FALSE(gcra.take(tat, start + 5min - 1us));
  EXPECT_TRUE(gcra.take(tat, start + 5min));
}

TEST(Gcra, NeverOpensEarlyOnTheWallClock) {
  EXPECT_EQ(to_wall(start + 1us), start + 1ms);
  EXPECT_EQ(to_wall(start + 1ms), start + 1ms);
}

}  // namespace
}  // namespace agent
