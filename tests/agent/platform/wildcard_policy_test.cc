#include "agent/platform/wildcard_policy.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using Source = WildcardChoice::Source;

// "From the 20th of a zone on a wildcard covers it and all later ones while the first 19 keep
// theirs."
TEST(WildcardPolicy, CoversTheTwentiethHostnameAndAllThatFollow) {
  for (std::uint64_t others = 0; others < 40; ++others) {
    const WildcardChoice choice = choose_source({.after = 20, .hostnames = others});
    EXPECT_EQ(choice.source, others < 19 ? Source::own : Source::wildcard) << others;
  }
  EXPECT_EQ(choose_source({.after = 20, .hostnames = 19}).reason, "hostname 20 of its zone");
}

TEST(WildcardPolicy, IsNeverFollowedWithZero) {
  EXPECT_EQ(choose_source({.after = 0, .hostnames = 1000, .exists = true}).source, Source::own);
}

// "A wildcard can be asked for at any time."
TEST(WildcardPolicy, CoversOnRequestAndWhateverIsAddedWhileThereIsOne) {
  EXPECT_EQ(choose_source({.after = 20, .is_requested = true}).source, Source::wildcard);
  EXPECT_EQ(choose_source({.after = 0, .is_requested = true}).source, Source::wildcard);
  EXPECT_EQ(choose_source({.after = 20, .hostnames = 3, .exists = true}).source, Source::wildcard);
}

TEST(WildcardPolicy, FallsBackToOwnCertificatesAndSaysWhy) {
  const WildcardChoice unprovable =
      choose_source({.after = 20, .hostnames = 30, .unprovable = "there is no DNS provider"});
  EXPECT_EQ(unprovable, (WildcardChoice{Source::own, "no wildcard: there is no DNS provider"}));
  const WildcardChoice failed =
      choose_source({.after = 20, .hostnames = 30, .exists = true, .has_failed = true});
  EXPECT_EQ(failed, (WildcardChoice{Source::own, "no wildcard: its last order failed"}));
}

TEST(WildcardPolicy, CoversBeforeTheLimitOfAnAuthorityIsReached) {
  const std::string reason = "le gives example.org 50 certificates in 7 days: …";
  EXPECT_EQ(choose_source({.after = 100, .hostnames = 30, .pressure = reason}),
            (WildcardChoice{Source::wildcard, reason}));
  EXPECT_EQ(choose_source({.after = 0, .hostnames = 30, .pressure = reason}).source, Source::own);
  EXPECT_EQ(choose_source({.after = 100, .unprovable = "no DNS", .pressure = reason}),
            (WildcardChoice{Source::own, "no wildcard: no DNS"}));
  EXPECT_EQ(choose_source({.after = 20, .hostnames = 19, .pressure = reason}).reason,
            "hostname 20 of its zone");
}

TEST(WildcardPolicy, ALimitPressesFromFourFifthsOfItOn) {
  DomainUse use{"example.org", "le", 30, 10, {50, std::chrono::hours(168)}};
  EXPECT_EQ(pressure_of(use), std::nullopt);
  use.waiting = 11;
  EXPECT_EQ(pressure_of(use).value_or(""),
            "le gives example.org 50 certificates in 7 days: 30 are used up, 11 are waited for");
}

TEST(WildcardPolicy, TakesTheNearestWord) {
  const base::DomainName name = base::DomainName::parse("example.org").value();
  const Tenant tenant{.id = "alice", .wildcard_after = 5};
  EXPECT_EQ(wildcard_after({.name = name, .wildcard_after = 0}, tenant, 20), 0u);
  EXPECT_EQ(wildcard_after({.name = name}, tenant, 20), 5u);
  EXPECT_EQ(wildcard_after({.name = name}, Tenant{.id = "bob"}, 20), 20u);
  EXPECT_EQ(wildcard_after({.name = name}, std::nullopt, 20), 20u);
}

}  // namespace
}  // namespace agent
