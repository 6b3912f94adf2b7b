#include "agent/planner/usage_judgement.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr std::chrono::milliseconds after = 24h * 30;
constexpr double middle = 0.5;
const Lead to_us{Lead::Where::to_us};
const Lead elsewhere{Lead::Where::elsewhere, "a.example has no address"};
const Lead unknown{};

HostnameUsage usage(std::optional<base::WallTime> absent_since = std::nullopt,
                    std::optional<base::WallTime> unused_since = std::nullopt) {
  return {*base::DomainName::parse("a.example"), absent_since, unused_since};
}

TEST(UsageJudgement, OneThatLeadsToUsIsLookedAtTomorrow) {
  const UsageLook look = judge_usage(usage(), to_us, after, start, middle);
  EXPECT_EQ(look, (UsageLook{usage().name, start + 24h}));
}

TEST(UsageJudgement, LooksAreSpread) {
  EXPECT_EQ(judge_usage(usage(), to_us, after, start, 0).next_look, start + 12h);
  EXPECT_EQ(judge_usage(usage(), to_us, after, start, 1).next_look, start + 36h);
}

TEST(UsageJudgement, OneThatLeadsElsewhereIsAbsentFromTheFirstLookOn) {
  UsageLook look = judge_usage(usage(), elsewhere, after, start, middle);
  EXPECT_EQ(look.absent_since, start);
  EXPECT_EQ(look.absence, elsewhere.detail);
  EXPECT_EQ(look.unused_since, std::nullopt);
  look = judge_usage(usage(start), elsewhere, after, start + 24h, middle);
  EXPECT_EQ(look.absent_since, start);
  EXPECT_EQ(look.next_look, start + 48h);
}

TEST(UsageJudgement, OneThatWasAbsentForTheWholeTimeIsUnused) {
  EXPECT_EQ(judge_usage(usage(start), elsewhere, after, start + after - 1ms, middle).unused_since,
            std::nullopt);
  EXPECT_EQ(judge_usage(usage(start), elsewhere, after, start + after, middle).unused_since,
            start + after);
}

TEST(UsageJudgement, OneThatIsUnusedStaysSoUntilItLeadsToUs) {
  const base::WallTime now = start + 2 * after;
  const HostnameUsage unused = usage(start, start + after);
  EXPECT_EQ(judge_usage(unused, elsewhere, after, now, middle).unused_since, start + after);
  const UsageLook back = judge_usage(unused, to_us, after, now, middle);
  EXPECT_EQ(back.unused_since, std::nullopt);
  EXPECT_EQ(back.absent_since, std::nullopt);
  EXPECT_EQ(back.absence, "");
}

TEST(UsageJudgement, VisitorsAreUseWhateverDnsSays) {
  HostnameUsage visited = usage(start, start + after);
  visited.traffic = 1;
  const UsageLook look = judge_usage(visited, elsewhere, after, start + after, middle);
  EXPECT_EQ(look.absent_since, std::nullopt);
  EXPECT_EQ(look.unused_since, std::nullopt);
}

TEST(UsageJudgement, WhatIsNotKnownChangesNothingAndIsLookedAtSoon) {
  const base::WallTime now = start + 2 * after;
  UsageLook look = judge_usage(usage(start), unknown, after, now, middle);
  EXPECT_EQ(look.absent_since, start);
  EXPECT_EQ(look.unused_since, std::nullopt);
  EXPECT_EQ(look.next_look, now + 1h);
  look = judge_usage(usage(start, start + after), unknown, after, now, middle);
  EXPECT_EQ(look.unused_since, start + after);
  EXPECT_EQ(judge_usage(usage(), unknown, after, now, middle).absent_since, std::nullopt);
}

TEST(UsageJudgement, ATimeThatIsStillToComeIsNoAbsence) {
  const UsageLook look = judge_usage(usage(start + 24h * 365), elsewhere, after, start, middle);
  EXPECT_EQ(look.absent_since, start);
}

}  // namespace
}  // namespace agent
