#include "agent/platform/hostname_changes.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/platform/zone_changes.h"
#include "tests/agent/store/sqlite_backend.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

base::DomainName name(std::string_view text) {
  return base::DomainName::parse_name_or_address(text).value();
}

PlatformRules rules_with_dns(std::uint32_t wildcard_after) {
  PlatformRules rules;
  rules.challenges.types = {acme::ChallengeType::http_01, acme::ChallengeType::dns_01};
  rules.wildcard_after = wildcard_after;
  return rules;
}

class HostnameChangesTest : public testing::Test {
 protected:
  HostnameChangesTest() {
    EXPECT_TRUE(store().put_tenant({.id = "alice"}, now));
    EXPECT_TRUE(store().put_tenant({.id = "bob"}, now));
    add_zone({name("example.org"), "alice"});
    add_zone({name("foo.example.net"), "bob"});
  }

  Store& store() { return backend_.store(); }
  void add_zone(const Zone& zone) {
    const auto change = put_zone(store(), admin_, zone, now);
    ASSERT_TRUE(change);
    ASSERT_FALSE(change->refused) << change->refused->detail;
  }
  HostnameChange put(const Actor& actor,
                     const std::vector<HostnameWish>& wishes,
                     OnRefusal on_refusal = OnRefusal::refuse_one) {
    return HostnameChanges(store(), rules_, actor, now).put(wishes, on_refusal).value();
  }
  /// What the rules say of one hostname; empty if it was added.
  std::string rule_of(const Actor& actor, const HostnameWish& wish) {
    const HostnameChange change = put(actor, {wish});
    return change.refused.empty() ? "" : change.refused[0].violation.rule;
  }
  /// Adds `prefix`1 to `prefix`N below example.org one by one.
  void add_numbered(const std::string& prefix, int last) {
    for (int i = 1; i <= last; ++i) {
      ASSERT_EQ(rule_of(alice_, {name(prefix + std::to_string(i) + ".example.org")}), "");
    }
  }
  std::optional<Hostname> hostname(std::string_view text) {
    const auto detail = store().hostname(name(text)).value();
    return detail ? std::optional(detail->hostname) : std::nullopt;
  }
  std::optional<base::DomainName> covered_by(std::string_view text) {
    return hostname(text).value().covered_by;
  }

  SqliteBackend backend_;
  PlatformRules rules_ = rules_with_dns(20);
  const Actor admin_{Scope::admin, "", "socket"};
  const Actor alice_{Scope::tenant, "alice", "token alice"};
  const Actor bob_{Scope::tenant, "bob", "token bob"};
};

// "Every subdomain added gets its own certificate."
TEST_F(HostnameChangesTest, EverySubdomainAddedGetsItsOwnCertificate) {
  const HostnameChange change = put(alice_, {{name("a.example.org")}, {name("b.example.org")}});
  EXPECT_THAT(change.outcomes, ElementsAre(AddOutcome::added, AddOutcome::added));
  for (const char* one : {"a.example.org", "b.example.org"}) {
    EXPECT_EQ(hostname(one)->next_attempt, now) << one;
    EXPECT_EQ(hostname(one)->zone, name("example.org")) << one;
  }
}

// "From the 20th of a zone on a wildcard covers it and all later ones while the first 19 keep
// theirs."
TEST_F(HostnameChangesTest, FromTheTwentiethOnAWildcardCoversWhileTheFirstNineteenKeepTheirs) {
  add_numbered("n", 25);
  for (int i = 1; i <= 25; ++i) {
    const std::string one = "n" + std::to_string(i) + ".example.org";
    EXPECT_EQ(covered_by(one).has_value(), i >= 20) << one;
  }
  EXPECT_EQ(covered_by("n20.example.org"), name("*.example.org"));
  EXPECT_EQ(hostname("*.example.org")->next_attempt, now);
  EXPECT_EQ(hostname("*.example.org")->zone, name("example.org"));
}

TEST_F(HostnameChangesTest, TheSameHoldsForHostnamesAddedTogether) {
  std::vector<HostnameWish> wishes;
  for (int i = 1; i <= 25; ++i) wishes.push_back({name("n" + std::to_string(i) + ".example.org")});
  const HostnameChange change = put(alice_, wishes, OnRefusal::refuse_all);
  EXPECT_EQ(change.outcomes.size(), 25u);
  EXPECT_EQ(change.changed.size(), 26u) << "the wildcard is told of as well";
  EXPECT_EQ(covered_by("n19.example.org"), std::nullopt);
  EXPECT_EQ(covered_by("n20.example.org"), name("*.example.org"));
}

TEST_F(HostnameChangesTest, AnotherZonesHostnamesAndDeeperNamesDoNotCount) {
  rules_.wildcard_after = 3;
  put(alice_, {{name("example.org")}, {name("x.a.example.org")}, {name("y.a.example.org")}});
  put(bob_, {{name("a.foo.example.net")}, {name("b.foo.example.net")}});
  put(alice_, {{name("a.example.org")}, {name("b.example.org")}});
  EXPECT_EQ(hostname("*.example.org"), std::nullopt);
  put(alice_, {{name("deep.b.example.org")}, {name("c.example.org")}});
  EXPECT_EQ(covered_by("deep.b.example.org"), std::nullopt);
  EXPECT_EQ(covered_by("c.example.org"), name("*.example.org"));
}

TEST_F(HostnameChangesTest, TheZoneAndTheTenantHaveTheirOwnNumbers) {
  add_zone({name("example.org"), "alice", ZoneDns::configured, 2});
  add_numbered("n", 2);
  EXPECT_EQ(covered_by("n2.example.org"), name("*.example.org"));
  ASSERT_TRUE(store().put_tenant({.id = "bob", .wildcard_after = 1}, now));
  put(bob_, {{name("a.foo.example.net")}});
  EXPECT_EQ(covered_by("a.foo.example.net"), name("*.foo.example.net"));
}

// "A wildcard can be asked for at any time."
TEST_F(HostnameChangesTest, AWildcardCanBeAskedForAtAnyTime) {
  EXPECT_EQ(rule_of(alice_, {name("*.example.org")}), "");
  EXPECT_EQ(hostname("*.example.org")->next_attempt, now);
  EXPECT_EQ(rule_of(alice_, {name("first.example.org"), HostnameMode::wildcard}), "");
  EXPECT_EQ(covered_by("first.example.org"), name("*.example.org"));
}

TEST_F(HostnameChangesTest, AHostnameThatAsksForTheWildcardBringsIt) {
  add_numbered("n", 1);
  EXPECT_EQ(rule_of(alice_, {name("n1.example.org"), HostnameMode::wildcard}), "");
  EXPECT_EQ(covered_by("n1.example.org"), name("*.example.org"));
  EXPECT_NE(hostname("*.example.org"), std::nullopt);
  EXPECT_EQ(rule_of(alice_, {name("n1.example.org"), HostnameMode::automatic}), "");
  EXPECT_EQ(rule_of(alice_, {name("a.b.example.org"), HostnameMode::wildcard}), "not-covered");
  EXPECT_EQ(rule_of(admin_, {name("www.example.com"), HostnameMode::wildcard}), "not-covered");
}

// "Nobody can get the wildcard of a zone that is not theirs (a delegation on foo.example.org gives
// foo.example.org, not *.example.org)."
TEST_F(HostnameChangesTest, NobodyGetsTheWildcardOfAZoneThatIsNotTheirs) {
  EXPECT_EQ(rule_of(bob_, {name("*.example.org")}), "zone-of-another-tenant");
  EXPECT_EQ(rule_of(bob_, {name("*.example.net")}), "wildcard-above-delegation");
  EXPECT_EQ(rule_of(bob_, {name("*.foo.example.net")}), "");
  EXPECT_EQ(rule_of(alice_, {name("www.foo.example.net")}), "zone-of-another-tenant");
  EXPECT_EQ(rule_of(admin_, {name("*.co.uk")}), "public-suffix");
}

TEST_F(HostnameChangesTest, WithoutDnsHostnamesGoOnWithTheirOwn) {
  rules_.challenges.types = {acme::ChallengeType::http_01};
  rules_.wildcard_after = 2;
  add_numbered("n", 3);
  EXPECT_EQ(covered_by("n3.example.org"), std::nullopt);
  EXPECT_EQ(rule_of(alice_, {name("*.example.org")}), "provable");
  EXPECT_EQ(rule_of(alice_, {name("a.example.org"), HostnameMode::wildcard}),
            "wildcard-without-dns");
}

TEST_F(HostnameChangesTest, AZoneGetsItsWildcardBeforeTheAuthoritysLimitIsReached) {
  using namespace std::chrono_literals;
  rules_.wildcard_after = 100;
  rules_.domain_limit = DomainLimit{"le", {10, 24h * 7}};
  add_numbered("n", 8);
  EXPECT_EQ(covered_by("n8.example.org"), std::nullopt);
  add_numbered("m", 1);
  EXPECT_EQ(covered_by("m1.example.org"), name("*.example.org"));
  const auto events = store().events({.subject = "*.example.org"}).value();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().detail,
            "mode=automatic https_redirect=off reason=le gives example.org 10 certificates in 7 "
            "days: 0 are used up, 9 are waited for");
}

TEST_F(HostnameChangesTest, WhatTheRegisteredDomainHasUsedUpCountsToo) {
  using namespace std::chrono_literals;
  rules_.wildcard_after = 100;
  rules_.domain_limit = DomainLimit{"le", {10, 24h * 7}};
  const BudgetState used{BudgetTime(now) + 24h * 7 * 8 / 10, {}, std::nullopt};
  const BudgetEntry of_another{"other", {LimitKind::certificates_per_domain, "example.org"}, used};
  ASSERT_TRUE(store().save_budgets({&of_another, 1}, now));
  add_numbered("n", 1);
  EXPECT_EQ(covered_by("n1.example.org"), std::nullopt);
  const BudgetEntry entry{"le", {LimitKind::certificates_per_domain, "example.org"}, used};
  ASSERT_TRUE(store().save_budgets({&entry, 1}, now));
  add_numbered("m", 1);
  EXPECT_EQ(covered_by("m1.example.org"), name("*.example.org"));
}

TEST_F(HostnameChangesTest, WithoutDnsALimitBringsNoWildcard) {
  using namespace std::chrono_literals;
  rules_.challenges.types = {acme::ChallengeType::http_01};
  rules_.domain_limit = DomainLimit{"le", {2, 24h}};
  add_numbered("n", 5);
  EXPECT_EQ(covered_by("n5.example.org"), std::nullopt);
}

TEST_F(HostnameChangesTest, TheChallengePathCanBeLeftAloneWhereAnotherProofIsLeft) {
  HostnameWish wish{.name = name("a.example.org"), .challenge_path = ChallengePath::left_alone};
  EXPECT_EQ(rule_of(alice_, wish), "");
  EXPECT_EQ(hostname("a.example.org")->challenge_path, ChallengePath::left_alone);
  EXPECT_EQ(rule_of(alice_, {name("a.example.org")}), "") << "it stays";
  EXPECT_EQ(hostname("a.example.org")->challenge_path, ChallengePath::left_alone);
  rules_.challenges.types = {acme::ChallengeType::http_01};
  wish.name = name("b.example.org");
  EXPECT_EQ(rule_of(alice_, wish), "provable");
  EXPECT_EQ(rule_of(alice_, {name("a.example.org")}), "provable") << "the configuration changed";
  wish.mode = HostnameMode::custom;
  EXPECT_EQ(rule_of(alice_, wish), "");
}

TEST_F(HostnameChangesTest, ACustomHostnameNeedsNoProofAndNoWildcard) {
  rules_.challenges.types = {acme::ChallengeType::http_01};
  EXPECT_EQ(rule_of(alice_, {name("*.example.org"), HostnameMode::custom}), "");
  EXPECT_EQ(rule_of(alice_, {.name = name("*.example.org"), .https_redirect = HttpsRedirect::on}),
            "");
  EXPECT_EQ(rule_of(alice_, {name("*.example.org"), HostnameMode::automatic}), "provable");
  EXPECT_EQ(rule_of(bob_, {name("a.example.org"), HostnameMode::custom}), "zone-of-another-tenant");
  rules_.challenges.types = {acme::ChallengeType::dns_01};
  rules_.wildcard_after = 1;
  EXPECT_EQ(rule_of(alice_, {name("a.example.org"), HostnameMode::custom}), "");
  EXPECT_EQ(covered_by("a.example.org"), std::nullopt);
}

TEST_F(HostnameChangesTest, AZoneWithoutDnsLosesItsWildcard) {
  rules_.wildcard_after = 2;
  add_numbered("n", 2);
  const auto change =
      put_zone(store(), alice_, {name("example.org"), "alice", ZoneDns::none}, now).value();
  EXPECT_THAT(change.changed, ElementsAre(name("*.example.org")));
  EXPECT_EQ(covered_by("n2.example.org"), std::nullopt);
  EXPECT_EQ(hostname("n2.example.org")->next_attempt, now);
  EXPECT_EQ(rule_of(alice_, {name("*.example.org")}), "wildcard-without-dns");
}

TEST_F(HostnameChangesTest, OneRefusalKeepsTheOthersOnlyIfThatIsWanted) {
  const std::vector<HostnameWish> wishes = {{name("a.example.org")}, {name("a.example.com")}};
  const HostnameChange all = put(alice_, wishes, OnRefusal::refuse_all);
  EXPECT_THAT(all.outcomes, ElementsAre(std::nullopt, std::nullopt));
  ASSERT_EQ(all.refused.size(), 1u);
  EXPECT_EQ(all.refused[0].index, 1u);
  EXPECT_EQ(all.refused[0].violation.rule, "outside-zones");
  EXPECT_EQ(hostname("a.example.org"), std::nullopt);
  const HostnameChange one = put(alice_, wishes);
  EXPECT_THAT(one.outcomes, ElementsAre(AddOutcome::added, std::nullopt));
  EXPECT_NE(hostname("a.example.org"), std::nullopt);
}

TEST_F(HostnameChangesTest, TheSameWishAgainChangesNothing) {
  rules_.wildcard_after = 1;
  put(alice_, {{name("a.example.org")}});
  const HostnameChange again = put(alice_, {{name("a.example.org")}});
  EXPECT_THAT(again.outcomes, ElementsAre(AddOutcome::unchanged));
  EXPECT_THAT(again.changed, IsEmpty());
}

TEST_F(HostnameChangesTest, SaysWhoMayTouchAHostname) {
  HostnameChanges of_bob(store(), rules_, bob_, now);
  EXPECT_EQ(of_bob.refusal(name("www.example.org")).value()->rule, "zone-of-another-tenant");
  EXPECT_EQ(of_bob.refusal(name("foo.example.net")).value(), std::nullopt);
}

TEST_F(HostnameChangesTest, AZoneIsCheckedAgainstWhatIsThere) {
  const auto rule = [this](const Actor& actor, const Zone& zone) {
    const ZoneChange change = put_zone(store(), actor, zone, now).value();
    return change.refused ? change.refused->rule : "";
  };
  EXPECT_EQ(rule(admin_, {name("co.uk"), "alice"}), "public-suffix");
  EXPECT_EQ(rule(admin_, {name("example.org"), "bob"}), "zone-of-another-tenant");
  EXPECT_EQ(rule(alice_, {name("sub.example.org"), "alice"}), "");
  EXPECT_EQ(rule(bob_, {name("bobs.example.org"), "bob"}), "outside-zones");
  put(alice_, {{name("www.shop.example.org")}});
  EXPECT_EQ(rule(admin_, {name("shop.example.org"), "bob"}), "hostname-of-another-tenant");
  EXPECT_EQ(refuse_zone_removal(store(), bob_, name("example.org")).value()->rule, "outside-zones");
  EXPECT_EQ(refuse_zone_removal(store(), alice_, name("example.org")).value(), std::nullopt);
}

}  // namespace
}  // namespace agent
