#include "agent/planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/planner/clock_watch.h"
#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class PlannerTest : public testing::Test {
 protected:
  static base::DomainName name(std::string_view text) {
    return base::DomainName::parse(text).value();
  }
  DueHostname without_certificate(std::string_view text) {
    return {Hostname{.name = name(text), .next_attempt = now()}};
  }
  DueHostname renewing(std::string_view text, base::WallTime renew_at) {
    Certificate certificate{.id = CertificateId(1), .names = {name(text)}, .renew_at = renew_at};
    return {Hostname{.name = name(text), .certificate = certificate.id, .next_attempt = now()},
            certificate};
  }
  Plan plan(const std::vector<DueHostname>& due) { return plan_orders(due, policy_, now()); }
  base::WallTime now() const { return clock_.wall(); }

  fakes::FakeClock clock_;
  Policy policy_{.authorities = {{.name = "letsencrypt"}}};
};

TEST_F(PlannerTest, OrdersForEachNewHostnameByItself) {
  const Plan planned =
      plan({without_certificate("b.example.org"), without_certificate("a.example.org")});
  const Plan expected{.orders = {{"letsencrypt", {name("b.example.org")}},
                                 {"letsencrypt", {name("a.example.org")}}}};
  EXPECT_EQ(planned, expected);
}

TEST_F(PlannerTest, RenewsFromRenewAtOn) {
  EXPECT_EQ(plan({renewing("a.example.org", now())}).orders.size(), 1u);
}

TEST_F(PlannerTest, PutsOffWhatIsDueTooEarly) {
  const Plan planned = plan({renewing("a.example.org", now() + 1ms)});
  EXPECT_EQ(planned, (Plan{.postponed = {{name("a.example.org"), now() + 1ms}}}));
}

class PlannerReplaces : public PlannerTest {
 protected:
  PlannerReplaces() {
    policy_.authorities.at(0).account = "thumbprint";
    due_.certificate->authority = "letsencrypt";
    due_.certificate->account = "thumbprint";
    due_.certificate->cert_id = "aYhb.f2U";
  }
  std::string replaces() { return plan({due_}).orders.at(0).replaces; }

  DueHostname due_ = renewing("a.example.org", now());
};

TEST_F(PlannerReplaces, ItsOwnCertificateOfTheSameAccount) {
  EXPECT_EQ(replaces(), "aYhb.f2U");
  due_.hostname.renewal_requested = true;
  EXPECT_EQ(replaces(), "aYhb.f2U");
}

TEST_F(PlannerReplaces, NothingWithoutRenewalInfo) {
  policy_.authorities.at(0).account.clear();
  EXPECT_EQ(replaces(), "");
}

TEST_F(PlannerReplaces, NothingOfAnotherAuthority) {
  due_.certificate->authority = "elsewhere";
  EXPECT_EQ(replaces(), "");
}

TEST_F(PlannerReplaces, NothingOfAnotherAccount) {
  due_.certificate->account = "another";
  EXPECT_EQ(replaces(), "");
}

TEST_F(PlannerReplaces, NothingOfAnUnknownAccountWhenOursIsUnknownToo) {
  policy_.authorities.at(0).account.clear();
  due_.certificate->account.clear();
  EXPECT_EQ(replaces(), "");
}

TEST_F(PlannerTest, RenewsEarlyOnRequest) {
  DueHostname due = renewing("a.example.org", now() + 24h * 60);
  due.hostname.renewal_requested = true;
  EXPECT_EQ(plan({due}).orders.size(), 1u);
}

TEST_F(PlannerTest, TriesAgainAfterFailures) {
  DueHostname due = without_certificate("a.example.org");
  due.hostname.failures = 12;
  due.hostname.parked = true;
  EXPECT_EQ(plan({due}).orders.size(), 1u);
}

TEST_F(PlannerTest, LeavesModeOffAlone) {
  DueHostname due = without_certificate("a.example.org");
  due.hostname.mode = HostnameMode::off;
  EXPECT_EQ(plan({due}), Plan{});
}

TEST_F(PlannerTest, LeavesAHostnameAloneThatIsNotDue) {
  DueHostname ordered = without_certificate("a.example.org");
  ordered.hostname.next_attempt = std::nullopt;
  DueHostname later = without_certificate("b.example.org");
  later.hostname.next_attempt = now() + 1ms;
  EXPECT_EQ(plan({ordered, later}), Plan{});
}

TEST_F(PlannerTest, AJumpForthOfTheClockStartsNoStormOfRenewals) {
  ClockWatch watch(clock_);
  std::vector<DueHostname> due;
  for (int i = 0; i < 1000; ++i) due.push_back(renewing("a.example.org", now() + 24h * 60));
  due.push_back(without_certificate("new.example.org"));
  clock_.jump(24h * 100);
  watch.observe();
  policy_.renewals_held_until = watch.held_until();
  const Plan held = plan(due);
  EXPECT_THAT(held.orders, ElementsAre(NewOrder{"letsencrypt", {name("new.example.org")}}));
  EXPECT_EQ(held.wake_up, now() + 1h);
  EXPECT_THAT(held.postponed, IsEmpty());  // nothing is written under a clock that may be wrong
  clock_.advance(1h);
  watch.observe();
  policy_.renewals_held_until = watch.held_until();
  EXPECT_EQ(plan(due).orders.size(), 1001u);
}

TEST_F(PlannerTest, ARequestedRenewalIsNotHeld) {
  DueHostname due = renewing("a.example.org", now());
  due.hostname.renewal_requested = true;
  policy_.renewals_held_until = now() + 1h;
  EXPECT_EQ(plan({due}).orders.size(), 1u);
}

TEST_F(PlannerTest, AJumpBackOfTheClockLosesNoRenewal) {
  const DueHostname due = renewing("a.example.org", now());
  clock_.jump(-24h);
  EXPECT_EQ(plan({due}), Plan{});
  clock_.advance(24h);
  EXPECT_EQ(plan({due}).orders.size(), 1u);
}

/// Two authorities, of which the first may be paused.
class PlannerFailOver : public PlannerTest {
 protected:
  PlannerFailOver() { policy_.authorities = {{.name = "first"}, {.name = "second"}}; }

  void pause(std::size_t authority, std::chrono::milliseconds time) {
    policy_.authorities.at(authority).paused_until = now() + time;
  }
  /// Due since just now, of a certificate of 90 days that has `left`: it has to be renewed before
  /// the last 7.5 days.
  DueHostname with_time_left(std::chrono::milliseconds left) {
    DueHostname due = renewing("a.example.org", now());
    due.certificate->not_after = now() + left;
    due.certificate->not_before = due.certificate->not_after - 24h * 90;
    return due;
  }
  static Plan order_at(const std::string& authority) {
    return {.orders = {{authority, {name("a.example.org")}}}};
  }
};

TEST_F(PlannerFailOver, TakesTheFirstThatIsNotPaused) {
  EXPECT_EQ(plan({without_certificate("a.example.org")}), order_at("first"));
  pause(0, 0ms);
  EXPECT_EQ(plan({without_certificate("a.example.org")}), order_at("first")) << "over by now";
}

TEST_F(PlannerFailOver, AFirstIssuanceWaitsFiveMinutesAndNoMore) {
  pause(0, 5min);
  EXPECT_EQ(plan({without_certificate("a.example.org")}),
            (Plan{.postponed = {{name("a.example.org"), now() + 5min}}}));
  pause(0, 5min + 1ms);
  EXPECT_EQ(plan({without_certificate("a.example.org")}), order_at("second"));
}

TEST_F(PlannerFailOver, ARenewalWaitsUntilATwelfthOfTheLifetimeIsLeft) {
  pause(0, 24h * 2);
  EXPECT_EQ(plan({with_time_left(24h * 9 + 12h)}),
            (Plan{.postponed = {{name("a.example.org"), now() + 48h}}}));
  EXPECT_EQ(plan({with_time_left(24h * 9 + 12h - 1ms)}), order_at("second"));
  EXPECT_EQ(plan({with_time_left(-1h)}), order_at("second")) << "expired";
}

TEST_F(PlannerFailOver, ARequestedRenewalIsAPersonWhoWaits) {
  pause(0, 6min);
  DueHostname due = with_time_left(24h * 30);
  due.hostname.renewal_requested = true;
  EXPECT_EQ(plan({due}), order_at("second"));
}

TEST_F(PlannerFailOver, IsHeldUntilTheSoonestIfAllArePausedForLonger) {
  pause(0, 3h);
  pause(1, 1h);
  EXPECT_EQ(plan({without_certificate("a.example.org")}), (Plan{.wake_up = now() + 1h}));
  EXPECT_EQ(plan({with_time_left(24h * 30)}), (Plan{.wake_up = now() + 3h}))
      << "a renewal has the time to wait for the first";
  EXPECT_EQ(plan({with_time_left(24h * 30), without_certificate("b.example.org")}),
            (Plan{.wake_up = now() + 1h}));
}

TEST_F(PlannerFailOver, ReplacesNothingElsewhere) {
  pause(0, 24h * 60);
  DueHostname due = with_time_left(24h * 30);
  due.certificate->authority = "first";
  due.certificate->account = "thumbprint";
  due.certificate->cert_id = "aYhb.f2U";
  policy_.authorities.at(0).account = policy_.authorities.at(1).account = "thumbprint";
  EXPECT_EQ(plan({due}).orders.at(0).authority, "second");
  EXPECT_EQ(plan({due}).orders.at(0).replaces, "");
}

class PlannerPacks : public PlannerTest {
 protected:
  PlannerPacks() { policy_.names_per_certificate = 3; }
  /// Names that share a certificate, all of them due.
  std::vector<DueHostname> sharing(const std::vector<std::string>& texts) {
    std::vector<DueHostname> due;
    std::vector<base::DomainName> names;
    for (const std::string& text : texts) names.push_back(name(text));
    for (const std::string& text : texts) {
      due.push_back(renewing(text, now()));
      due.back().certificate->names = names;
      due.back().certificate->authority = policy_.authorities[0].name;
      due.back().together = names;
    }
    return due;
  }
};

TEST_F(PlannerPacks, FirstCertificatesInTheOrderOfTheQueue) {
  std::vector<DueHostname> due;
  for (const char* text : {"d.org", "c.org", "b.org", "a.org"}) {
    due.push_back(without_certificate(text));
  }
  const Plan planned = plan(due);
  EXPECT_THAT(planned.orders,
              ElementsAre(NewOrder{"letsencrypt", {name("d.org"), name("c.org"), name("b.org")}},
                          NewOrder{"letsencrypt", {name("a.org")}}));
}

TEST_F(PlannerPacks, OrdersANameThatHasFailedAlone) {
  std::vector<DueHostname> due = {
      without_certificate("a.org"), without_certificate("dead.org"), without_certificate("b.org")};
  due[1].hostname.failures = 1;
  EXPECT_THAT(plan(due).orders,
              ElementsAre(NewOrder{"letsencrypt", {name("dead.org")}},
                          NewOrder{"letsencrypt", {name("a.org"), name("b.org")}}));
}

TEST_F(PlannerPacks, RenewsTogetherWhatSharesACertificate) {
  policy_.names_per_certificate = 1;
  const Plan planned = plan(sharing({"a.org", "b.org", "c.org", "d.org"}));
  ASSERT_EQ(planned.orders.size(), 1u);
  EXPECT_EQ(planned.orders[0].names.size(), 4u);
}

TEST_F(PlannerPacks, RenewsANameThatHasFailedApartFromItsCertificate) {
  std::vector<DueHostname> due = sharing({"a.org", "dead.org"});
  due[1].hostname.failures = 2;
  due[0].together = due[1].together = {name("a.org")};
  const Plan planned = plan(due);
  ASSERT_EQ(planned.orders.size(), 2u);
  EXPECT_THAT(planned.orders[0].names, ElementsAre(name("a.org")));
  EXPECT_THAT(planned.orders[1].names, ElementsAre(name("dead.org")));
}

class PlannerBudgets : public PlannerPacks {
 protected:
  PlannerBudgets() {
    policy_.names_per_certificate = 1;
    AuthorityLimits limits = limits_of(LimitPreset::letsencrypt, "");
    limits.use = 1;
    limits.renewal_reserve = 0;
    limits.new_orders = RateLimit{2, 2h};
    limits.certificates_per_domain = RateLimit{1, 24h};
    budgets_.set_limits(limits);
    policy_.authorities[0].budgets = &budgets_;
  }

  Budgets budgets_{"letsencrypt"};
};

TEST_F(PlannerBudgets, PlacesWhatTheAccountMayAndLeavesTheRestAsItIs) {
  const Plan planned = plan({without_certificate("a.org"),
                             without_certificate("b.org"),
                             without_certificate("c.org"),
                             without_certificate("d.org")});
  EXPECT_EQ(planned.orders.size(), 2u);
  EXPECT_THAT(planned.postponed, IsEmpty());  // no row of those that wait is written
  EXPECT_EQ(planned.wake_up, now() + 1h);
}

TEST_F(PlannerBudgets, ChargesNothingUntilThePlanIsApplied) {
  const std::vector<DueHostname> due = {without_certificate("a.org"), without_certificate("b.org")};
  const Plan planned = plan(due);
  EXPECT_EQ(plan(due), planned);
  budgets_.apply(planned.charges, now());
  EXPECT_THAT(plan(due).orders, IsEmpty());
}

TEST_F(PlannerBudgets, PutsOffNamesOfADomainThatIsUsedUp) {
  const Plan planned = plan({without_certificate("a.example.org"),
                             without_certificate("b.example.org"),
                             without_certificate("c.example.org"),
                             without_certificate("other.org")});
  EXPECT_EQ(planned.orders.size(), 2u);
  EXPECT_THAT(planned.postponed,
              ElementsAre(Postponement{name("b.example.org"), now() + 24h},
                          Postponement{name("c.example.org"), now() + 48h}));
}

TEST_F(PlannerBudgets, DropsFromAPackOnlyTheNamesWhoseDomainIsUsedUp) {
  policy_.names_per_certificate = 100;
  plan({});
  budgets_.apply(plan({without_certificate("a.example.org")}).charges, now());
  const Plan planned = plan({without_certificate("b.example.org"),
                             without_certificate("c.other.org"),
                             without_certificate("d.other.org")});
  EXPECT_THAT(planned.orders,
              ElementsAre(NewOrder{"letsencrypt", {name("c.other.org"), name("d.other.org")}}));
  EXPECT_THAT(planned.postponed, ElementsAre(Postponement{name("b.example.org"), now() + 24h}));
}

TEST_F(PlannerBudgets, LetsAdvisedRenewalsPassAndMovesTheOthersToThoseThatWait) {
  policy_.authorities[0].account = "thumbprint";
  budgets_.apply(plan({without_certificate("x.org"), without_certificate("y.org")}).charges, now());
  DueHostname advised = renewing("a.org", now());
  advised.certificate->authority = policy_.authorities[0].name;
  advised.certificate->account = policy_.authorities[0].account;
  advised.certificate->cert_id = "aYhb.f2U";
  advised.certificate->advice = RenewalAdvice{now() - 1h, now() + 1h, now(), ""};
  DueHostname same_set = renewing("b.org", now());
  same_set.certificate->authority = policy_.authorities[0].name;
  DueHostname foreign = renewing("c.org", now());
  const Plan planned = plan({advised, same_set, foreign});
  ASSERT_EQ(planned.orders.size(), 2u);
  EXPECT_EQ(planned.orders[0].exemption, Exemption::advised);
  EXPECT_EQ(planned.orders[1].exemption, Exemption::same_set);
  EXPECT_THAT(planned.postponed,
              ElementsAre(Postponement{name("c.org"), now(), Postponement::Wait::new_order_token}));
}

TEST_F(PlannerBudgets, ARenewalOutsideItsWindowIsNotExemptByTheAdvice) {
  policy_.authorities[0].account = "thumbprint";
  DueHostname due = renewing("a.org", now());
  due.certificate->authority = policy_.authorities[0].name;
  due.certificate->account = policy_.authorities[0].account;
  due.certificate->cert_id = "aYhb.f2U";
  due.certificate->advice = RenewalAdvice{now() - 2h, now() - 1h, now() - 90min, ""};
  EXPECT_EQ(plan({due}).orders.at(0).exemption, Exemption::same_set);
  AuthorityLimits limits = budgets_.limits();
  limits.exempt_renewals = ExemptRenewals::advised;
  budgets_.set_limits(limits);
  EXPECT_EQ(plan({due}).orders.at(0).exemption, Exemption::none);
}

TEST_F(PlannerBudgets, GoesElsewhereWithWhatWouldWaitTooLong) {
  const Budgets elsewhere("elsewhere");
  policy_.authorities.push_back({.name = "elsewhere", .budgets = &elsewhere});
  const Plan planned = plan({without_certificate("a.example.org"),
                             without_certificate("b.example.org"),
                             without_certificate("c.org"),
                             without_certificate("d.org")});
  EXPECT_THAT(planned.postponed, IsEmpty());
  EXPECT_THAT(planned.orders,
              ElementsAre(NewOrder{"letsencrypt", {name("a.example.org")}},
                          NewOrder{"elsewhere", {name("b.example.org")}},  // its domain is used up
                          NewOrder{"letsencrypt", {name("c.org")}},
                          NewOrder{"elsewhere", {name("d.org")}}));  // the account is used up
}

TEST_F(PlannerBudgets, ADeepBacklogGoesElsewhereThoughItsFirstNameCouldWait) {
  const Budgets elsewhere("elsewhere");
  policy_.authorities.push_back({.name = "elsewhere", .budgets = &elsewhere});
  AuthorityLimits limits = budgets_.limits();
  limits.new_orders = RateLimit{2, 2min};
  budgets_.set_limits(limits);
  budgets_.apply(plan({without_certificate("x.org"), without_certificate("y.org")}).charges, now());
  policy_.backlog = 3;
  EXPECT_THAT(plan({without_certificate("a.org")}).postponed,
              ElementsAre(Postponement{name("a.org"), now() + 1min}));
  policy_.backlog = 100;
  EXPECT_THAT(plan({without_certificate("a.org")}).orders,
              ElementsAre(NewOrder{"elsewhere", {name("a.org")}}));
}

TEST_F(PlannerTest, LeavesWhatIsMoreThanItMayPlace) {
  policy_.most_orders = 1;
  const Plan planned = plan({without_certificate("a.org"), without_certificate("b.org")});
  EXPECT_THAT(planned.orders, ElementsAre(NewOrder{"letsencrypt", {name("a.org")}}));
  EXPECT_THAT(planned.postponed, IsEmpty());
}

TEST_F(PlannerFailOver, PassesOverWhoHasRefusedTheHostname) {
  DueHostname refused = without_certificate("a.example.org");
  refused.refusals = {{"first", now() + 24h}};
  EXPECT_EQ(plan({refused}), order_at("second"));
  refused.refusals.push_back({"second", now() + 20h});
  EXPECT_EQ(plan({refused}), (Plan{.postponed = {{name("a.example.org"), now() + 20h}}}))
      << "in nobody's way until then";
}

TEST_F(PlannerFailOver, GivesNoMoreThanThereIsRoomFor) {
  policy_.authorities.pop_back();
  policy_.authorities.at(0).room = 1;
  EXPECT_EQ(plan({without_certificate("a.example.org"), without_certificate("b.example.org")}),
            (Plan{.orders = order_at("first").orders, .wake_up = now() + 30s}));
  policy_.authorities.push_back({.name = "second"});
  EXPECT_EQ(plan({without_certificate("a.example.org"), without_certificate("b.example.org")}),
            (Plan{.orders = order_at("first").orders,
                  .postponed = {{name("b.example.org"), now() + 30s}}}));
}

class PlannerSecond : public PlannerTest {
 protected:
  PlannerSecond() { policy_.keys = Policy::Keys::two_types; }

  /// A hostname without its second certificate, whose first one was issued by this authority.
  DueHostname missing(std::string_view text) {
    DueHostname due = without_certificate(text);
    due.hostname.role = CertificateRole::second;
    due.first =
        FirstCertificate{.certificate = first_of({name(text)}), .next_attempt = now() + 24h * 60};
    return due;
  }
  Certificate first_of(std::vector<base::DomainName> names) {
    return {.id = CertificateId(1),
            .authority = "letsencrypt",
            .names = std::move(names),
            .renew_at = now() + 24h * 60,
            .key = KeyAlgorithm::ecdsa};
  }
  base::WallTime::duration wait_of(const DueHostname& due) {
    const Plan planned = plan({due});
    EXPECT_THAT(planned.orders, IsEmpty());
    EXPECT_EQ(planned.postponed.at(0).role, CertificateRole::second);
    return planned.postponed.at(0).next_attempt - now();
  }
};

TEST_F(PlannerSecond, IsOrderedWithTheOtherAlgorithm) {
  DueHostname beside_rsa = missing("b.example.org");
  beside_rsa.first->certificate->key = KeyAlgorithm::rsa;
  const std::vector<NewOrder> orders = plan({missing("a.example.org"), beside_rsa}).orders;
  ASSERT_EQ(orders.size(), 2U);
  EXPECT_EQ(orders[0].role, CertificateRole::second);
  EXPECT_EQ(orders[0].key, KeyAlgorithm::rsa);
  EXPECT_EQ(orders[1].key, KeyAlgorithm::ecdsa);
}

TEST_F(PlannerSecond, WaitsWhileTheFirstIsBeingOrderedOrDue) {
  DueHostname due = missing("a.example.org");
  due.first->has_order = true;
  due.first->next_attempt = std::nullopt;
  EXPECT_EQ(wait_of(due), 5min);
  due = missing("a.example.org");
  due.first->next_attempt = now();
  EXPECT_EQ(wait_of(due), 5min);
}

TEST_F(PlannerSecond, WaitsWhileTheFirstFails) {
  DueHostname due = missing("a.example.org");
  due.first->failures = 1;
  EXPECT_EQ(wait_of(due), 1h);
}

TEST_F(PlannerSecond, WaitsUntilTheAlgorithmOfTheFirstIsKnown) {
  DueHostname due = missing("a.example.org");
  due.first->certificate->key = KeyAlgorithm::unknown;
  EXPECT_EQ(wait_of(due), 1h);
  due.first->certificate.reset();
  EXPECT_EQ(wait_of(due), 1h);
}

TEST_F(PlannerSecond, IsForTheNamesOfTheFirst) {
  policy_.names_per_certificate = 10;
  std::vector<DueHostname> due;
  for (const char* text : {"a.example.org", "b.example.org"}) {
    due.push_back(missing(text));
    due.back().together = {name("a.example.org"), name("b.example.org")};
    due.back().first->certificate = first_of(due.back().together);
  }
  due.push_back(missing("alone.example.org"));
  due.push_back(without_certificate("new.example.org"));
  const std::vector<NewOrder> orders = plan(due).orders;
  ASSERT_EQ(orders.size(), 3U);
  EXPECT_EQ(orders[0].names, due[0].together);
  EXPECT_THAT(orders[1].names, ElementsAre(name("alone.example.org")));
  EXPECT_EQ(orders[2].role, CertificateRole::first);
  EXPECT_THAT(orders[2].names, ElementsAre(name("new.example.org")));
}

TEST_F(PlannerSecond, IsOrderedAloneAfterAFailure) {
  DueHostname due = missing("a.example.org");
  due.together = {name("a.example.org"), name("b.example.org")};
  due.hostname.failures = 1;
  EXPECT_THAT(plan({due}).orders.at(0).names, ElementsAre(name("a.example.org")));
}

TEST_F(PlannerSecond, IsOneMoreOfTheSameSet) {
  AuthorityLimits limits;
  limits.use = 1;
  limits.certificates_per_set = RateLimit{5, 24h * 7};
  limits.certificates_per_domain = RateLimit{1, 24h};
  limits.new_orders = RateLimit{1, 24h};
  limits.exempt_renewals = ExemptRenewals::advised_or_same_set;
  Budgets budgets("letsencrypt", limits);
  policy_.authorities.at(0).budgets = &budgets;
  for (int i = 0; i < 4; ++i) {
    const Plan planned = plan({missing("a.example.org")});
    ASSERT_EQ(planned.orders.size(), 1U) << i;
    EXPECT_EQ(planned.orders[0].exemption, Exemption::same_set);
    budgets.apply(planned.charges, now());
  }
  const Plan planned = plan({missing("a.example.org")});
  EXPECT_THAT(planned.orders, IsEmpty()) << "five of a set in a week, and the last is the first's";
  ASSERT_EQ(planned.postponed.size(), 1U);
  EXPECT_EQ(planned.postponed[0].role, CertificateRole::second);
  EXPECT_GE(planned.postponed[0].next_attempt, now() + 24h * 7 / 5) << "a second token";
  EXPECT_LT(planned.postponed[0].next_attempt, now() + 2 * 24h);
  DueHostname first = renewing("a.example.org", now());
  first.certificate->authority = "letsencrypt";
  EXPECT_EQ(plan({first}).orders.size(), 1U);
}

TEST_F(PlannerSecond, IsRenewedWithItsOwnAlgorithmAsTheFirstIs) {
  DueHostname first = renewing("a.example.org", now());
  first.certificate->key = KeyAlgorithm::rsa;
  EXPECT_EQ(plan({first}).orders.at(0).key, KeyAlgorithm::rsa);
  policy_.keys = Policy::Keys::one_type;
  EXPECT_EQ(plan({first}).orders.at(0).key, KeyAlgorithm::unknown) << "the configuration's";
  DueHostname second = renewing("a.example.org", now());
  second.hostname.role = CertificateRole::second;
  second.first = missing("a.example.org").first;
  EXPECT_EQ(plan({second}).orders.at(0).key, KeyAlgorithm::rsa);
}

}  // namespace
}  // namespace agent
