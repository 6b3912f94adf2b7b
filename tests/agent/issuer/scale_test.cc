// The issuer as a whole within an authority's limits, and among its faults, on a virtual clock.

#include <set>

#include <gtest/gtest.h>

#include "tests/agent/issuer/virtual_world.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i) + ".example");
  return names;
}

VirtualWorldOptions at_lets_encrypt() {
  VirtualWorldOptions options;
  options.ca.limits = fake_ca::lets_encrypt_limits();
  options.ca.validation_time = 2s;
  options.ca.processing_time = 1s;
  options.limits = limits_of(LimitPreset::letsencrypt, "");
  return options;
}

TEST(Scale, NewNamesUseTheAccountsBucketAndMeetNoRefusal) {
  constexpr std::size_t burst = 300;
  constexpr std::size_t count = burst + 60;  // scripts/bench acme has the long run
  VirtualWorld world(at_lets_encrypt());
  world.add(names(count));
  ASSERT_TRUE(world.run_until([&] { return world.issued == burst; }, 24h));
  const base::MonotonicTime start = world.time.monotonic();
  ASSERT_TRUE(world.run_until([&] { return world.issued == count; }, 24h));
  const double tokens =
      std::chrono::duration<double>(world.time.monotonic() - start) / std::chrono::seconds(36);
  EXPECT_GE(static_cast<double>(count - burst) / tokens, 0.95);
  EXPECT_EQ(world.counts().issued, static_cast<int>(count));
  EXPECT_EQ(world.replies(429), 0);
  EXPECT_EQ(world.replies(503), 0);
  EXPECT_EQ(world.failed, 0U);
  EXPECT_EQ(world.answers(), 0U);
}

TEST(Scale, DeadNamesCostTheGoodOnesNothing) {
  constexpr std::size_t good = 60;
  VirtualWorldOptions options = at_lets_encrypt();
  options.ca.limits.new_orders = {30, 18min};
  options.limits.new_orders = RateLimit{30, 18min};
  VirtualWorld world(options);
  world.is_dead = [](const std::string& name) { return name.starts_with("dead"); };
  std::vector<std::string> mixed;
  for (std::size_t i = 0; i < good; ++i) {
    mixed.push_back("n" + std::to_string(i) + ".example");
    mixed.push_back("dead" + std::to_string(i) + ".example");
  }
  world.add(mixed);
  const base::MonotonicTime start = world.time.monotonic();
  ASSERT_TRUE(world.run_until([&] { return world.issued == good; }, 24h));
  EXPECT_EQ(world.replies(429), 0);
  // Each name has taken one token: none was spent on the dead ones again before.
  const auto most = std::chrono::seconds(36) * (2 * good - 27) / 0.95;
  EXPECT_LE(world.time.monotonic() - start, most);
}

TEST(Scale, RequestsPerSecondStayBelowTheLimit) {
  VirtualWorldOptions options = at_lets_encrypt();
  options.ca.limits.new_orders = {};
  options.limits.new_orders = std::nullopt;
  options.ca.limits.requests.other = {5, 1s};
  options.limits.requests.other = RequestLimit{5, 5};
  VirtualWorld world(options);
  world.add(names(50));
  ASSERT_TRUE(world.run_until([&] { return world.issued == 50; }, 1h));
  EXPECT_EQ(world.replies(503), 0);
  bool has_waited = false;
  for (const auto& kind : world.pace().figures()) has_waited |= kind.waited > 0s;
  EXPECT_TRUE(has_waited);
}

/// How many tokens of that bucket are in use.
double tokens_used(VirtualWorld& world, LimitKind kind, const RateLimit& limit) {
  const base::WallTime now = world.time.wall();
  const auto entries = world.ask([now](Store& store) { return store.budgets(now); }).value();
  for (const BudgetEntry& entry : entries) {
    if (entry.key.kind != kind) continue;
    const std::chrono::duration<double> used = entry.state.full_at - now;
    return used / gcra_of(limit, 0.97).interval;
  }
  return 0;
}

/// Certificates of a day, renewed in the window that is advised, at their half: until then the
/// tokens of the first order are back.
VirtualWorldOptions short_lived() {
  VirtualWorldOptions options = at_lets_encrypt();
  options.ca.classic.validity = 24h;
  options.ca.limits.certificates_per_set = {5, 20h};
  options.limits.certificates_per_set = RateLimit{5, 20h};
  return options;
}

TEST(Scale, ARenewalInItsWindowCostsNoTokens) {
  const VirtualWorldOptions options = short_lived();
  VirtualWorld world(options);
  world.add(names(1));
  ASSERT_TRUE(world.run_until([&] { return world.issued == 2; }, 24h));
  EXPECT_EQ(world.counts().exempt_orders, 1);
  const AuthorityLimits& limits = options.limits;
  EXPECT_LT(tokens_used(world, LimitKind::certificates_per_set, *limits.certificates_per_set), 0.1);
  EXPECT_LT(tokens_used(world, LimitKind::new_orders, *limits.new_orders), 0.1);
}

/// How many tokens are in use after a renewal whose `replaces` was refused.
std::map<LimitKind, double> tokens_after_refusal(ExemptRenewals exempt) {
  VirtualWorldOptions options = short_lived();
  options.limits.exempt_renewals = exempt;
  VirtualWorld world(options);
  world.faults.set({{.fault = {.kind = fake_ca::FaultKind::problem,
                               .reply = {},
                               .problem = {.type = "alreadyReplaced", .status = 409}},
                     .endpoint = "newOrder",
                     .first = 2}});
  world.add(names(1));
  EXPECT_TRUE(world.run_until([&] { return world.issued == 2; }, 24h));
  EXPECT_EQ(world.faults.struck(), 1);
  const AuthorityLimits& limits = options.limits;
  return {{LimitKind::certificates_per_set,
           tokens_used(world, LimitKind::certificates_per_set, *limits.certificates_per_set)},
          {LimitKind::certificates_per_domain,
           tokens_used(world, LimitKind::certificates_per_domain, *limits.certificates_per_domain)},
          {LimitKind::new_orders, tokens_used(world, LimitKind::new_orders, *limits.new_orders)}};
}

TEST(Scale, ARenewalWhoseReplacesIsRefusedIsChargedLikeAnyOther) {
  std::map<LimitKind, double> used = tokens_after_refusal(ExemptRenewals::advised);
  EXPECT_NEAR(used[LimitKind::certificates_per_set], 1, 0.1);
  EXPECT_NEAR(used[LimitKind::certificates_per_domain], 1, 0.1);
  EXPECT_GT(used[LimitKind::new_orders], 0.5);
}

TEST(Scale, ARenewalWhoseReplacesIsRefusedKeepsTheExemptionOfItsSet) {
  std::map<LimitKind, double> used = tokens_after_refusal(ExemptRenewals::advised_or_same_set);
  EXPECT_NEAR(used[LimitKind::certificates_per_set], 1, 0.1);
  EXPECT_LT(used[LimitKind::certificates_per_domain], 0.1);
  EXPECT_LT(used[LimitKind::new_orders], 0.1);
}

TEST(Scale, BusyHostnamesAreRenewedFirst) {
  constexpr std::size_t count = 30;
  VirtualWorldOptions options = at_lets_encrypt();
  options.orders_in_flight = 1;
  VirtualWorld world(options);
  world.add(names(count));
  ASSERT_TRUE(world.run_until([&] { return world.issued == count; }, 24h));
  const std::vector<HostnameTraffic> traffic = {{*base::DomainName::parse("n21.example"), 6},
                                                {*base::DomainName::parse("n17.example"), 3}};
  ASSERT_TRUE(world.ask([&traffic](Store& store) { return store.save_traffic(traffic); }));
  // A mass renewal: all are due in the same instant.
  const auto wanted = world.ask([](Store& store) {
    return store.certificates(CertificateSelection::wanted, CertificateId(0), 100);
  });
  std::vector<RenewalCheck> checks;
  for (const Certificate& one : wanted.value()) {
    checks.push_back({.certificate = one.id,
                      .advised = RenewalCheck::Advised{{one.not_before, one.not_after, {}, {}},
                                                       world.time.wall()}});
  }
  ASSERT_TRUE(world.ask(
      [&](Store& store) { return store.save_renewal_checks(checks, world.time.wall()); }));
  world.issued_names.clear();
  world.issuer().wake();
  ASSERT_TRUE(world.run_until([&] { return world.issued_names.size() >= 3; }, 24h));
  // The first one was chosen before the store was asked again.
  EXPECT_EQ(world.issued_names[0], "n21.example");
  EXPECT_EQ(world.issued_names[1], "n17.example");
}

// --- random faults, and kills at random moments

class RandomFaults : public testing::TestWithParam<unsigned> {
 protected:
  static std::vector<fake_ca::FaultRule> rules() {
    using fake_ca::FaultKind;
    std::vector<fake_ca::FaultRule> rules;
    for (const FaultKind kind : {FaultKind::bad_nonce,
                                 FaultKind::lose_request,
                                 FaultKind::lose_reply,
                                 FaultKind::hang,
                                 FaultKind::hang_after,
                                 FaultKind::truncate,
                                 FaultKind::invalid_json}) {
      rules.push_back({.fault = {.kind = kind}, .count = 120, .probability = 0.04});
    }
    const fake_ca::Reply html_503{503, {{"Content-Type", "text/html"}}, "<html>maintenance</html>"};
    const fake_ca::Reply busy{503, {{"Retry-After", "20"}}, "busy"};
    const fake_ca::Reply html_429{429, {{"Retry-After", "36"}}, "<html>slow down</html>"};
    const fake_ca::Reply broken{500, {{"Retry-After", "60"}}, ""};
    for (const fake_ca::Reply& what : {html_503, busy, html_429, broken}) {
      fake_ca::FaultRule fault = {
          .fault = {.kind = FaultKind::reply}, .count = 120, .probability = 0.04};
      fault.fault.reply = what;
      rules.push_back(std::move(fault));
    }
    return rules;
  }
};

TEST_P(RandomFaults, LoseNoOrderAndIssueNothingTwice) {
  constexpr std::size_t count = 6;
  VirtualWorldOptions options = at_lets_encrypt();
  options.seed = GetParam();
  VirtualWorld world(options);
  std::mt19937 dice(GetParam());
  world.faults.set_seed(GetParam());
  world.faults.set(rules());
  world.add(names(count));
  for (int kills = 0; kills < 10; ++kills) {
    world.run_for(std::chrono::milliseconds(dice() % 20'000));
    world.restart();
  }
  const auto open = [&world] {
    return world.ask([](Store& store) { return store.open_orders(); }).value().size();
  };
  const auto all_ready = [&] {
    const auto page = world.ask([](Store& store) {
      return store.certificates(CertificateSelection::all, CertificateId(0), 100);
    });
    return page.value().size();
  };
  for (int hours = 0; hours < 24 * 8 && all_ready() < count; ++hours) world.run_for(1h);
  world.run_for(1h);
  EXPECT_EQ(all_ready(), count);
  EXPECT_EQ(world.counts().issued, static_cast<int>(count));
  EXPECT_EQ(open(), 0U);
  EXPECT_EQ(world.answers(), 0U) << "every answer is withdrawn";
  EXPECT_GT(world.faults.struck(), 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomFaults, testing::Range(1U, 21U));

}  // namespace
}  // namespace agent
