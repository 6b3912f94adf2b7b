#include "agent/planner/retry_time.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

struct Case {
  std::uint32_t failures;
  std::optional<std::chrono::seconds> advice;
  std::chrono::milliseconds shortest;
  std::chrono::milliseconds longest;
};

class RetryTime : public testing::TestWithParam<Case> {};

TEST_P(RetryTime, IsBetweenItsBounds) {
  const Case& expected = GetParam();
  const auto delay = [&](double jitter) {
    return next_attempt_after_failure(expected.failures, expected.advice, now, jitter) - now;
  };
  EXPECT_EQ(delay(0), expected.shortest);
  EXPECT_LE(std::chrono::abs(delay(1) - expected.longest), 1ms);
  EXPECT_LT(delay(0.4), delay(0.6));
}

INSTANTIATE_TEST_SUITE_P(Backoff,
                         RetryTime,
                         testing::Values(Case{1, std::nullopt, 54s, 66s},
                                         Case{2, std::nullopt, 540s, 660s},
                                         Case{3, std::nullopt, 5400s, 6600s},
                                         Case{4, std::nullopt, 77760s, 95040s},
                                         Case{UINT32_MAX, std::nullopt, 77760s, 95040s},
                                         Case{0, std::nullopt, 54s, 66s}));

INSTANTIATE_TEST_SUITE_P(Advice,
                         RetryTime,
                         testing::Values(Case{1, 3600s, 3600s, 3960s},
                                         Case{9, 120s, 120s, 132s},  // wins though it is shorter
                                         Case{1, 0s, 60s, 66s},
                                         Case{1, -5s, 60s, 66s},
                                         Case{1, std::chrono::seconds::max(), 168h, 665280s}));

TEST(RetryTimeAlways, StaysBelowTheLongestWait) {
  EXPECT_LT(next_attempt_after_failure(1, std::chrono::seconds::max(), now, 1), now + longest_wait);
  EXPECT_LT(next_attempt_after_failure(99, std::nullopt, now, 1), now + longest_wait);
}

TEST(RetryTimeAlways, KeepsANameBelowFiveFailuresAnHour) {
  fakes::FakeRandom random;
  for (int name = 0; name < 1000; ++name) {
    base::WallTime at = now;
    int within_an_hour = 0;
    for (std::uint32_t failures = 1; at < now + 1h; ++failures) {
      ++within_an_hour;
      at = next_attempt_after_failure(failures, std::nullopt, at, random.unit());
    }
    EXPECT_LT(within_an_hour, 5);
  }
}

}  // namespace
}  // namespace agent
