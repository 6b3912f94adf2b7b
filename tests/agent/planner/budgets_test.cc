#include "agent/planner/budgets.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

base::DomainName name(const std::string& text) {
  return *base::DomainName::parse(text);
}

AuthorityLimits whole_letsencrypt() {
  AuthorityLimits limits = limits_of(LimitPreset::letsencrypt, "");
  limits.use = 1;
  limits.renewal_reserve = 0;
  return limits;
}

class BudgetsTest : public testing::Test {
 protected:
  std::optional<BudgetRefusal> take(const std::vector<base::DomainName>& names,
                                    Urgency urgency = Urgency::person_waits,
                                    Exemption exemption = Exemption::none) {
    BudgetDraft draft(budgets_, now_);
    auto refusal = draft.take({names, urgency, exemption});
    budgets_.apply(draft.entries(), now_);
    return refusal;
  }
  /// Orders of one new name each, of domains of their own, until one is refused.
  int drain(Urgency urgency, Exemption exemption = Exemption::none) {
    int taken = 0;
    while (taken < 2000 && !take({next_name()}, urgency, exemption)) ++taken;
    return taken;
  }
  base::DomainName next_name() { return name("n" + std::to_string(++names_) + "-example.org"); }
  template <class Change>
  void change(const Change& make) {
    BudgetDraft draft(budgets_, now_);
    make(draft);
    budgets_.apply(draft.entries(), now_);
  }

  Budgets budgets_{"le", whole_letsencrypt()};
  base::WallTime now_ = start;
  int names_ = 0;
};

TEST_F(BudgetsTest, TakesWhatTheAccountMayOrderAndThenWaitsForOneToken) {
  EXPECT_EQ(drain(Urgency::person_waits), 300);
  const auto refusal = take({next_name()});
  EXPECT_EQ(refusal->key, (BudgetKey{LimitKind::new_orders, ""}));
  EXPECT_EQ(refusal->available, start + 36s);
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_), start + 36s);
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_, 10), start + 360s);
  now_ += 36s;
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_), now_);
  EXPECT_EQ(drain(Urgency::person_waits), 1);
}

TEST_F(BudgetsTest, ARefusalTakesNothingOfTheOtherBuckets) {
  drain(Urgency::person_waits);
  const base::DomainName refused = next_name();
  ASSERT_TRUE(take({refused}));
  const BudgetKey domain{LimitKind::certificates_per_domain, refused.text()};
  EXPECT_EQ(budgets_.state(domain), BudgetState{});
}

TEST_F(BudgetsTest, CountsCertificatesOfARegisteredDomainOnceAnOrder) {
  for (int i = 0; i < 50; ++i) {
    const std::string stem = std::to_string(i) + ".example.co.uk";
    EXPECT_FALSE(take({name("a" + stem), name("b" + stem)})) << i;
  }
  const auto refusal = take({name("c.example.co.uk"), name("other.org")});
  EXPECT_EQ(refusal->key, (BudgetKey{LimitKind::certificates_per_domain, "example.co.uk"}));
  EXPECT_EQ(refusal->available, start + std::chrono::milliseconds(168h) / 50);
  EXPECT_FALSE(take({name("other.org")}));
}

TEST_F(BudgetsTest, CountsAnExactSetInAnyOrder) {
  const std::vector<base::DomainName> names = {name("a.org"), name("b.org")};
  const std::vector<base::DomainName> turned = {name("b.org"), name("a.org")};
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(take(i % 2 == 0 ? names : turned));
  EXPECT_EQ(take(names)->key.kind, LimitKind::certificates_per_set);
  EXPECT_FALSE(take({name("a.org")}));
}

TEST_F(BudgetsTest, LetsAnAdvisedRenewalPassEverything) {
  drain(Urgency::person_waits);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(take({name("a.org")}, Urgency::renewal, Exemption::advised));
  }
  EXPECT_EQ(budgets_.state({LimitKind::certificates_per_set, "a.org"}), BudgetState{});
}

TEST_F(BudgetsTest, CountsARenewalOfTheSameSetByItsSetAlone) {
  drain(Urgency::person_waits);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(take({name("a.org")}, Urgency::renewal, Exemption::same_set));
  }
  EXPECT_EQ(take({name("a.org")}, Urgency::renewal, Exemption::same_set)->key.kind,
            LimitKind::certificates_per_set);
}

TEST_F(BudgetsTest, KeepsAReserveThatOnlyRenewalsMayTake) {
  AuthorityLimits limits = whole_letsencrypt();
  limits.renewal_reserve = 0.1;
  budgets_.set_limits(limits);
  EXPECT_EQ(drain(Urgency::person_waits), 270);
  EXPECT_EQ(budgets_.opens_at(Urgency::charged_renewal, now_), now_);
  EXPECT_EQ(drain(Urgency::renewal), 30);
  EXPECT_EQ(drain(Urgency::person_waits), 0);
}

TEST_F(BudgetsTest, RenewalsDoNotStarvePersonsWhoWait) {
  AuthorityLimits limits = whole_letsencrypt();
  limits.renewal_reserve = 0.1;
  budgets_.set_limits(limits);
  drain(Urgency::person_waits);
  drain(Urgency::charged_renewal);
  int persons = 0;
  int renewals = 0;
  for (int minutes = 0; minutes < 24 * 60; ++minutes) {
    now_ += 1min;
    renewals += drain(Urgency::charged_renewal);  // though they try first every time
    persons += drain(Urgency::person_waits);
  }
  EXPECT_NEAR(renewals + persons, 2400, 40);
  EXPECT_GT(renewals, 200);
}

TEST_F(BudgetsTest, TellsEachOfManyToComeBackForItsOwnToken) {
  for (int i = 0; i < 50; ++i) take({name("n" + std::to_string(i) + ".example.org")});
  std::vector<base::WallTime> back;
  change([&](BudgetDraft& draft) {
    for (int i = 50; i < 53; ++i) {
      const std::vector<base::DomainName> names = {name("n" + std::to_string(i) + ".example.org")};
      const auto refusal = draft.take({names});
      back.push_back(draft.queue_up(*refusal, names.front()));
    }
  });
  const std::chrono::milliseconds interval = std::chrono::milliseconds(168h) / 50;
  EXPECT_EQ(back, (std::vector{start + interval, start + 2 * interval, start + 3 * interval}));
  for (std::size_t i = 0; i < back.size(); ++i) {
    now_ = back[i];
    EXPECT_FALSE(take({name("n" + std::to_string(50 + i) + ".example.org")})) << i;
    EXPECT_TRUE(take({name("later.example.org")})) << i;
  }
}

TEST_F(BudgetsTest, NobodyIsToldToComeBackAfterMoreThanAWeek) {
  std::set<base::WallTime> back;
  change([&](BudgetDraft& draft) {
    for (int i = 0; i < 1000; ++i) {
      const std::vector<base::DomainName> names = {name("n" + std::to_string(i) + ".example.org")};
      if (const auto refusal = draft.take({names})) {
        back.insert(draft.queue_up(*refusal, names.front()));
      }
    }
  });
  EXPECT_LE(*back.rbegin(), start + 168h);
  EXPECT_GT(back.size(), 500u) << "spread";
}

TEST_F(BudgetsTest, AFailedOrderGivesBackWhatOnlyCertificatesCountFor) {
  const std::vector<base::DomainName> names = {name("a.example.org")};
  take(names);
  change([&](BudgetDraft& draft) { draft.give_back(names, Exemption::none); });
  EXPECT_EQ(budgets_.state({LimitKind::certificates_per_domain, "example.org"}).full_at, start);
  EXPECT_EQ(budgets_.state({LimitKind::certificates_per_set, "a.example.org"}).full_at, start);
  EXPECT_EQ(budgets_.state({LimitKind::new_orders, ""}).full_at, start + 36s) << "that is spent";
}

TEST_F(BudgetsTest, StopsAtTheFailuresOfANameThatItsAuthorityAllows) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(take({name("n.dead" + std::to_string(i) + ".org"), name("dead.org")}));
    change([&](BudgetDraft& draft) { draft.charge_failure(name("dead.org")); });
  }
  const auto refusal = take({name("dead.org")});
  EXPECT_EQ(refusal->key, (BudgetKey{LimitKind::failed_authorizations, "dead.org"}));
  EXPECT_EQ(refusal->available, start + 12min);
}

TEST_F(BudgetsTest, ARefusalByTheAuthorityEmptiesTheBucketAndTeachesItsSize) {
  const acme::RateLimitDetail detail{acme::RateLimitKind::new_orders, 3000, 3h, ""};
  change([&](BudgetDraft& draft) { draft.refuse({}, detail, start + 5min); });
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_), start + 5min);
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_, 2), start + 5min + 3600ms);
  now_ += 24h;
  EXPECT_EQ(drain(Urgency::person_waits), 2000) << "as many as the test tries";
}

TEST_F(BudgetsTest, AnUnknownRefusalCountsForTheAccount) {
  Budgets unlimited("other");
  BudgetDraft draft(unlimited, now_);
  draft.refuse({}, std::nullopt, start + 5min);
  unlimited.apply(draft.entries(), now_);
  EXPECT_EQ(unlimited.opens_at(Urgency::person_waits, now_), start + 5min);
  EXPECT_EQ(unlimited.opens_at(Urgency::person_waits, start + 5min), start + 5min);
}

TEST_F(BudgetsTest, ARefusedDomainHoldsUpNoOther) {
  const acme::RateLimitDetail detail{
      acme::RateLimitKind::certificates_per_domain, 50, 168h, "example.org"};
  change([&](BudgetDraft& draft) { draft.refuse({}, detail, start + 1h); });
  EXPECT_EQ(take({name("a.example.org")})->available, start + 1h);
  EXPECT_FALSE(take({name("a.other.org")}));
}

TEST_F(BudgetsTest, RemembersOnlyBucketsThatAreNotFull) {
  for (int day = 0; day < 100; ++day, now_ += 24h) drain(Urgency::person_waits);
  EXPECT_LT(budgets_.size(), 10'000u);
  EXPECT_GT(names_, 29'000);
}

TEST_F(BudgetsTest, SkipsWhatIsOfAnotherAuthority) {
  const BudgetEntry entry{"other", {LimitKind::new_orders, ""}, {start + 1000h, {}, {}}};
  budgets_.apply(std::span(&entry, 1), now_);
  EXPECT_EQ(budgets_.opens_at(Urgency::person_waits, now_), now_);
}

}  // namespace
}  // namespace agent
