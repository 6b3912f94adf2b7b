#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::WallTime renewal =
    base::WallTime(std::chrono::sys_days{std::chrono::year(2030) / 1 / 1}) + 24h * 60;

TEST_P(StoreConformance, FirstIssuanceIsDueBeforeRenewalsAndThoseBeforeRetries) {
  add({"retry.example.org"}, start);
  ASSERT_TRUE(store().fail_order(order_for({"retry.example.org"}).id, {"no", start}, start));
  issue("renewal.example.org");
  add({"second.example.org"}, renewal);
  add({"first.example.org"}, renewal - 1h);
  EXPECT_THAT(
      due_names(renewal),
      ElementsAre(
          "first.example.org", "second.example.org", "renewal.example.org", "retry.example.org"));
  EXPECT_THAT(due_names(renewal, 3),
              ElementsAre("first.example.org", "second.example.org", "renewal.example.org"));
}

TEST_P(StoreConformance, AHostnameIsDueFromItsNextAttemptOn) {
  issue("a.example.org");
  EXPECT_THAT(due_names(renewal - 1ms), IsEmpty());
  EXPECT_EQ(store().next_due().value(), renewal);
  EXPECT_THAT(due_names(renewal), ElementsAre("a.example.org"));
}

TEST_P(StoreConformance, RenewalsOfBusyHostnamesComeFirst) {
  for (const char* const text :
       {"a.example.org", "b.example.org", "c.example.org", "d.example.org"})
    issue(text, text);
  const std::vector<HostnameTraffic> traffic = {{name("c.example.org"), 7},
                                                {name("b.example.org"), 2},
                                                {name("d.example.org"), 2},
                                                {name("nobody.example.org"), 5}};
  ASSERT_TRUE(store().save_traffic(traffic));
  EXPECT_THAT(due_names(renewal),
              ElementsAre("c.example.org", "b.example.org", "d.example.org", "a.example.org"));
  EXPECT_THAT(due_names(renewal, 2), ElementsAre("c.example.org", "b.example.org"));
  EXPECT_THAT(due_names(renewal - 1ms), IsEmpty());
}

TEST_P(StoreConformance, TrafficOutlivesAnOrderAndARestart) {
  issue("a.example.org");
  issue("b.example.org", "0A02");
  ASSERT_TRUE(store().save_traffic(std::vector<HostnameTraffic>{{name("b.example.org"), 3}}));
  const OrderRecord order = order_for({"b.example.org"}, renewal);
  ASSERT_TRUE(store().finish_order(order.id, bundle_for({"b.example.org"}, "0A03"), renewal));
  reopen();
  EXPECT_THAT(store().traffic(10).value(), ElementsAre(HostnameTraffic{name("b.example.org"), 3}));
  EXPECT_THAT(due_names(renewal), ElementsAre("b.example.org", "a.example.org"));
}

TEST_P(StoreConformance, TrafficIsNotAChangeForReaders) {
  issue("a.example.org");
  const std::int64_t before = store().last_change().value();
  ASSERT_TRUE(store().save_traffic(std::vector<HostnameTraffic>{{name("a.example.org"), 3}}));
  EXPECT_EQ(store().last_change().value(), before);
}

TEST_P(StoreConformance, RenewalsNearExpiryComeBeforeBusyOnes) {
  issue("quiet.example.org");
  issue("busy.example.org", "0A02");
  ASSERT_TRUE(store().save_traffic(std::vector<HostnameTraffic>{{name("busy.example.org"), 7}}));
  // A twelfth of 90 days is left.
  const base::WallTime near_expiry = start + 24h * 90 - 24h * 90 / 12;
  const OrderRecord order = order_for({"busy.example.org"}, renewal);
  CertificateBundle younger = bundle_for({"busy.example.org"}, "0A03");
  younger.certificate.not_before += 24h;
  younger.certificate.not_after += 24h;
  ASSERT_TRUE(store().finish_order(order.id, younger, renewal));
  EXPECT_EQ(store().mark_near_expiry(near_expiry - 1ms).value(), 0u);
  EXPECT_THAT(due_names(near_expiry), ElementsAre("busy.example.org", "quiet.example.org"));
  EXPECT_EQ(store().mark_near_expiry(near_expiry).value(), 1u);
  EXPECT_EQ(store().mark_near_expiry(near_expiry).value(), 0u);
  EXPECT_THAT(due_names(near_expiry), ElementsAre("quiet.example.org", "busy.example.org"));
}

TEST_P(StoreConformance, ANewCertificateIsNotNearExpiry) {
  issue("a.example.org");
  issue("b.example.org", "0A02");
  ASSERT_EQ(store().mark_near_expiry(start + 24h * 85).value(), 2u);
  const OrderRecord order = order_for({"b.example.org"}, renewal);
  ASSERT_TRUE(store().finish_order(order.id, bundle_for({"b.example.org"}, "0A03"), renewal));
  ASSERT_TRUE(store().save_traffic(std::vector<HostnameTraffic>{{name("b.example.org"), 7}}));
  EXPECT_THAT(due_names(renewal), ElementsAre("a.example.org", "b.example.org"));
  set_mode("a.example.org", HostnameMode::off);
  EXPECT_EQ(store().mark_near_expiry(start + 24h * 85).value(), 1u);
}

TEST_P(StoreConformance, ADueHostnameBringsItsCertificate) {
  const CertificateId id = issue("a.example.org");
  const std::vector<DueHostname> due = store().due_hostnames(renewal, 10).value();
  ASSERT_EQ(due.size(), 1u);
  ASSERT_TRUE(due[0].certificate);
  EXPECT_EQ(due[0].certificate->id, id);
  EXPECT_EQ(due[0].certificate->renew_at, renewal);
}

TEST_P(StoreConformance, NextDueIsTheEarliestOfAllUrgencies) {
  EXPECT_EQ(store().next_due().value(), std::nullopt);
  issue("a.example.org");
  add({"b.example.org"}, start + 2h);
  add({"c.example.org"}, start + 1h);
  EXPECT_EQ(store().next_due().value(), start + 1h);
}

TEST_P(StoreConformance, AHostnameWithAnOpenOrderIsNotDue) {
  add({"a.example.org"});
  order_for({"a.example.org"});
  EXPECT_THAT(due_names(start + 24h), IsEmpty());
  EXPECT_EQ(store().next_due().value(), std::nullopt);
}

TEST_P(StoreConformance, PostponingLeavesOffAndOrderedHostnamesAlone) {
  add({"a.example.org", "b.example.org", "c.example.org"});
  set_mode("b.example.org", HostnameMode::off);
  order_for({"c.example.org"});
  const std::vector<Postponement> postponements = {{name("a.example.org"), start + 1h},
                                                   {name("b.example.org"), start + 1h},
                                                   {name("c.example.org"), start + 1h},
                                                   {name("unknown.example.org"), start + 1h}};
  ASSERT_TRUE(store().postpone(postponements));
  EXPECT_THAT(due_names(start), IsEmpty());
  EXPECT_THAT(due_names(start + 1h), ElementsAre("a.example.org"));
}

TEST_P(StoreConformance, ARequestedRenewalIsDueNowAndBeforeTheOthers) {
  issue("a.example.org", "01");
  issue("b.example.org", "02");
  EXPECT_THAT(store().request_renewal(names({"b.example.org"}), start + 1h).value(),
              ElementsAre(RenewalOutcome::requested));
  EXPECT_THAT(due_names(start + 1h), ElementsAre("b.example.org"));
  EXPECT_TRUE(detail("b.example.org").hostname.renewal_requested);
  EXPECT_THAT(due_names(renewal), ElementsAre("b.example.org", "a.example.org"));
}

TEST_P(StoreConformance, ARequestedRenewalForgetsFailuresAndKeepsTheLastError) {
  add({"a.example.org"});
  const OrderFailure failure{"CAA forbids it", start + 24h, true};
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, failure, start));
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start + 1h));
  const Hostname hostname = detail("a.example.org").hostname;
  EXPECT_EQ(hostname.failures, 0u);
  EXPECT_FALSE(hostname.parked);
  EXPECT_EQ(hostname.last_error, "CAA forbids it");
}

TEST_P(StoreConformance, ARenewalRequestSaysWhyNothingIsToBeDone) {
  add({"ordered.example.org", "off.example.org"});
  order_for({"ordered.example.org"});
  set_mode("off.example.org", HostnameMode::off);
  const auto asked = names({"ordered.example.org", "off.example.org", "unknown.example.org"});
  EXPECT_THAT(
      store().request_renewal(asked, start).value(),
      ElementsAre(RenewalOutcome::under_way, RenewalOutcome::disabled, RenewalOutcome::not_found));
  EXPECT_THAT(due_names(start), IsEmpty());
}

TEST_P(StoreConformance, AttemptsWrittenUnderAFastClockAreRescued) {
  const base::WallTime wrong = start + 24h * 365;
  issue("renewed.example.org");
  add({"failed.example.org"}, wrong);
  ASSERT_TRUE(store().fail_order(order_for({"failed.example.org"}).id, {"no", wrong + 1h}, wrong));
  add({"new.example.org"}, wrong);
  EXPECT_EQ(store().rescue_attempts(start, 24h * 8, 24h).value(), 2u);
  EXPECT_EQ(detail("new.example.org").hostname.next_attempt, start);
  EXPECT_GE(detail("failed.example.org").hostname.next_attempt, start);
  EXPECT_LT(detail("failed.example.org").hostname.next_attempt, start + 24h);
  EXPECT_EQ(detail("renewed.example.org").hostname.next_attempt, renewal);
}

TEST_P(StoreConformance, RescueLeavesAttemptsWithinReasonAlone) {
  add({"failed.example.org"});
  ASSERT_TRUE(
      store().fail_order(order_for({"failed.example.org"}).id, {"no", start + 24h * 8}, start));
  EXPECT_EQ(store().rescue_attempts(start, 24h * 8, 24h).value(), 0u);
  EXPECT_EQ(detail("failed.example.org").hostname.next_attempt, start + 24h * 8);
}

}  // namespace
}  // namespace agent
