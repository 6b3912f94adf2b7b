#include "agent/simulation/simulation.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

/// A default account at Let's Encrypt, of which we use all.
SimulationOptions letsencrypt(std::uint64_t names, days time) {
  SimulationOptions options;
  options.limits = limits_of(LimitPreset::letsencrypt, "");
  options.names = names;
  options.days = time;
  return options;
}

std::uint64_t sum(const SimulationResult& result, std::uint64_t SimulatedDay::*part) {
  std::uint64_t total = 0;
  for (const SimulatedDay& day : result.days) total += day.*part;
  return total;
}

double hours_of(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 3'600'000;
}

TEST(Simulation, TheNextAuthorityServesWhoWouldWaitForTooLong) {
  SimulationOptions options = letsencrypt(3'000, days(3));
  options.limits.renewal_reserve = 0;
  options.fail_over = {{"second", limits_of(LimitPreset::letsencrypt, "")}};
  options.fail_over[0].limits.renewal_reserve = 0;
  const SimulationResult result = simulate(options);
  ASSERT_EQ(result.authorities.size(), 2u);
  EXPECT_EQ(result.authorities[0].certificates + result.authorities[1].certificates, 3'000u);
  // Both have 291 at once and then 97 an hour.
  EXPECT_GT(result.authorities[1].certificates, 1'300u);
  ASSERT_TRUE(result.all_served_after);
  EXPECT_NEAR(hours_of(*result.all_served_after), (1'500 - 291) / 97.0, 0.5);
  EXPECT_EQ(result.refusals, 0u);
}

TEST(Simulation, TheNextAuthorityGetsNothingWhileTheFirstOneIsFastEnough) {
  SimulationOptions options = letsencrypt(250, days(80));
  options.fail_over = {{"second", {}}};
  const SimulationResult result = simulate(options);
  EXPECT_EQ(result.authorities[0].certificates, 500u) << "each is renewed once";
  EXPECT_EQ(result.authorities[1].orders, 0u);
}

TEST(Simulation, AHundredThousandNamesTakeFortyTwoDays) {
  SimulationOptions options = letsencrypt(100'000, days(50));
  options.limits.renewal_reserve = 0;
  const SimulationResult result = simulate(options);
  // 291 at once, then one every 37.113 s: (100,000 - 291) * 37.113 s = 42.83 d.
  ASSERT_TRUE(result.all_served_after);
  EXPECT_NEAR(hours_of(*result.all_served_after), 42.83 * 24, 0.1);
  EXPECT_EQ(result.refusals, 0u);
  EXPECT_GE(result.bucket_used, 0.95);
  EXPECT_EQ(result.orders, result.charged_orders);
}

TEST(Simulation, AHundredNamesToACertificateTakeLessThanTenHours) {
  SimulationOptions options = letsencrypt(100'000, days(2));
  options.packing.names_per_certificate = 100;
  const SimulationResult result = simulate(options);
  // 262 at once (a tenth is kept for renewals), then 738 * 37.113 s = 7.6 h.
  ASSERT_TRUE(result.all_served_after);
  EXPECT_NEAR(hours_of(*result.all_served_after), 7.61, 0.05);
  EXPECT_EQ(sum(result, &SimulatedDay::first_certificates), 1000u);
  EXPECT_EQ(result.refusals, 0u);
}

TEST(Simulation, PacksAutomaticallyToKeepTheBacklogBelowADay) {
  SimulationOptions options = letsencrypt(100'000, days(3));
  options.packing = {.names_per_certificate = std::nullopt, .longest_backlog = 24h};
  const SimulationResult result = simulate(options);
  ASSERT_TRUE(result.all_served_after);
  EXPECT_LE(hours_of(*result.all_served_after), 24.1);
  EXPECT_GE(hours_of(*result.all_served_after), 20) << "no more names to a certificate than needed";
}

TEST(Simulation, RenewsAllYearWithoutARefusal) {
  const SimulationResult result = simulate(letsencrypt(2'000, days(365)));
  EXPECT_EQ(result.served, 2'000u);
  EXPECT_EQ(result.refusals, 0u);
  EXPECT_EQ(result.renewed_late, 0u);
  // Every 60 days, 90 being two thirds of the lifetime: six times in the year for most.
  EXPECT_NEAR(static_cast<double>(sum(result, &SimulatedDay::renewals)), 12'000, 300);
  EXPECT_LE(result.charged_orders, 2'001u) << "renewals are exempt";
}

TEST(Simulation, RenewsInTimeAlsoWhereNothingIsExempt) {
  SimulationOptions options = letsencrypt(20'000, days(200));
  options.limits.exempt_renewals = ExemptRenewals::none;
  const SimulationResult result = simulate(options);
  EXPECT_EQ(result.refusals, 0u);
  EXPECT_EQ(result.renewed_late, 0u);
  EXPECT_GT(sum(result, &SimulatedDay::renewals), 40'000u);
}

TEST(Simulation, NamesOfOneDomainGetFiftyAWeek) {
  SimulationOptions options = letsencrypt(200, days(28));
  options.names_per_domain = 200;
  const SimulationResult result = simulate(options);
  // 48 at once, then one every 168 h / 48.5: 152 of them in 526.5 h.
  ASSERT_TRUE(result.all_served_after);
  EXPECT_NEAR(hours_of(*result.all_served_after), 526.5, 1);
  EXPECT_EQ(result.refusals, 0u);
  EXPECT_LT(result.plans, 1'000u) << "names that wait are not planned again and again";
}

TEST(Simulation, DeadNamesTakeNothingFromThoseThatWork) {
  SimulationOptions options = letsencrypt(10'000, days(10));
  options.dead = 0.5;
  const SimulationResult result = simulate(options);
  // Which are dead shows at the first try; no second one comes before the last that works has had
  // its turn: (10,000 - 262) * 37.113 s = 100.4 h.
  ASSERT_TRUE(result.all_served_after);
  EXPECT_NEAR(hours_of(*result.all_served_after), 100.4, 0.2);
  EXPECT_GE(result.bucket_used, 0.95);
  EXPECT_EQ(result.served, 5'000u);
  EXPECT_EQ(result.refusals, 0u);
}

TEST(Simulation, OneDeadNameOfAHundredCostsOneName) {
  SimulationOptions options = letsencrypt(10'000, days(1));
  options.packing.names_per_certificate = 100;
  options.dead = 0.01;
  const SimulationResult result = simulate(options);
  EXPECT_EQ(result.served, 9'900u);
  // A first order for each hundred, a second for those that work, and the dead ones alone.
  ASSERT_TRUE(result.all_served_after);
  EXPECT_LT(hours_of(*result.all_served_after), 0.1);
  EXPECT_EQ(result.refusals, 0u);
}

TEST(Simulation, CountsTheRefusalsOfAnAuthorityThatAllowsLess) {
  SimulationOptions options = letsencrypt(400, days(1));
  options.real_limits = options.limits;
  options.real_limits->new_orders = RateLimit{150, 3h};
  const SimulationResult result = simulate(options);
  EXPECT_GT(result.refusals, 0u);
  EXPECT_LT(result.refusals, 200u) << "a refusal stops those that would follow it";
  EXPECT_EQ(sum(result, &SimulatedDay::refusals), result.refusals);
}

TEST(Simulation, GivesTheSameResultEveryTime) {
  const SimulationOptions options = letsencrypt(1'000, days(100));
  EXPECT_EQ(simulate(options).days, simulate(options).days);
}

TEST(Simulation, CountsTheBacklogAtTheEndOfEachDay) {
  const SimulationResult result = simulate(letsencrypt(10'000, days(5)));
  ASSERT_EQ(result.days.size(), 5u);
  // 262 + 86,400 s / 37.113 s = 2,590 on the first day, 2,328 on each that follows.
  EXPECT_NEAR(static_cast<double>(result.days[0].backlog), 7'410, 2);
  EXPECT_NEAR(static_cast<double>(result.days[1].backlog), 5'082, 2);
  EXPECT_EQ(result.days[4].backlog, 0u);
}

}  // namespace
}  // namespace agent
