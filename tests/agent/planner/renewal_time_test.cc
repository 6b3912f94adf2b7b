#include "agent/planner/renewal_time.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime issued = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr double earliest = 0;
constexpr double middle = 0.5;
constexpr double latest = 0.999999999;

struct Case {
  std::chrono::hours life;
  double jitter;
  std::chrono::minutes renewed_after;
};

class RenewalTime : public testing::TestWithParam<Case> {};

TEST_P(RenewalTime, IsAFractionOfTheLifetime) {
  const Case& expected = GetParam();
  const base::WallTime renewal = renewal_time(issued, issued + expected.life, expected.jitter);
  EXPECT_LE(std::chrono::abs(renewal - issued - expected.renewed_after), 1s);
}

INSTANTIATE_TEST_SUITE_P(Lifetimes,
                         RenewalTime,
                         testing::Values(Case{24h * 90, middle, 24h * 60},
                                         Case{24h * 90, earliest, 60min * 1260},  // day 52.5
                                         Case{24h * 90, latest, 60min * 1620},    // day 67.5
                                         Case{24h * 200, middle, 60min * 3200},
                                         Case{24h * 45, middle, 24h * 30},
                                         Case{24h * 10, middle, 60min * 160},
                                         Case{160h, middle, 80h},  // below ten days: half
                                         Case{160h, earliest, 60min * 80 - 800min},
                                         Case{160h, latest, 60min * 80 + 800min},
                                         Case{1h, middle, 30min}));

TEST(RenewalTimeAlways, LeavesTimeForRetries) {
  for (const std::chrono::hours life : {1h, 24h, 160h, 239h, 240h, 24h * 45, 24h * 398}) {
    EXPECT_LT(renewal_time(issued, issued + life, latest), issued + life - life / 6)
        << life.count();
    EXPECT_GT(renewal_time(issued, issued + life, earliest), issued);
  }
}

TEST(RenewalTimeAlways, StaysInsideALifetimeThatMakesNoSense) {
  EXPECT_EQ(renewal_time(issued, issued, middle), issued);
  EXPECT_EQ(renewal_time(issued, issued - 1h, latest), issued);
}

TEST(RenewalTimeAlways, SpreadsCertificatesThatWereIssuedTogether) {
  constexpr int certificates = 100'000;
  fakes::FakeRandom random;
  std::map<std::int64_t, int> renewals_per_hour;
  for (int i = 0; i < certificates; ++i) {
    const base::WallTime not_before = issued + i * (1h / certificates);
    const base::WallTime renewal = renewal_time(not_before, not_before + 24h * 90, random.unit());
    ++renewals_per_hour[(renewal - issued) / 1h];
  }
  // 15 days are 360 hours: 278 in an hour on average instead of 100,000.
  int most = 0;
  for (const auto& [hour, renewals] : renewals_per_hour) most = std::max(most, renewals);
  EXPECT_GE(renewals_per_hour.size(), 360u);
  EXPECT_LT(most, 278 * 5 / 4);
}

TEST(RenewalTimeByAdvice, IsTheInstantWithinBounds) {
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 90, issued + 24h * 60),
            issued + 24h * 60);
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 90, issued + 8h), issued + 8h);
}

TEST(RenewalTimeByAdvice, IsNeverRightAfterIssuance) {
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 90, issued - 1h), issued + 7h);
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 6, issued - 1h), issued + 6h);
}

TEST(RenewalTimeByAdvice, LeavesASixthOfTheLifetimeWhateverTheAuthoritySays) {
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 90, issued + 24h * 89),
            issued + 24h * 75);
  EXPECT_EQ(renewal_time_by_advice(issued, issued + 24h * 90, base::WallTime::max()),
            issued + 24h * 75);
}

TEST(RenewalTimeByAdvice, StaysInsideALifetimeThatMakesNoSense) {
  EXPECT_EQ(renewal_time_by_advice(issued, issued - 1h, issued + 1h), issued);
}

}  // namespace
}  // namespace agent
