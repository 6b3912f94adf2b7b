#include "tests/agent/store/usage_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr base::WallTime renewal =
    base::WallTime(std::chrono::sys_days{std::chrono::year(2030) / 1 / 1}) + 24h * 60;
TEST_P(StoreUsage, OnlyHostnamesWithACertificateOfTheirOwnAreLookedAt) {
  add({"new.example.org", "*.example.org"});
  issue("a.example.org");
  issue("*.example.net", "0A02");
  EXPECT_THAT(due_looks(), ElementsAre("a.example.org"));
  set_mode("a.example.org", HostnameMode::off);
  EXPECT_THAT(due_looks(), IsEmpty());
}

TEST_P(StoreUsage, TheLongestDueIsLookedAtFirstAndNotBeforeItsTime) {
  for (const char* const text : {"a.example.org", "b.example.org", "c.example.org"}) {
    issue(text, text);
  }
  save({name("a.example.org"), tomorrow + 1h});
  save({name("b.example.org"), tomorrow});
  EXPECT_THAT(due_looks(), ElementsAre("c.example.org"));
  EXPECT_THAT(due_looks(tomorrow - 1ms), ElementsAre("c.example.org"));
  EXPECT_THAT(due_looks(tomorrow + 1h),
              ElementsAre("c.example.org", "b.example.org", "a.example.org"));
  EXPECT_THAT(due_looks(tomorrow + 1h, 2), ElementsAre("c.example.org", "b.example.org"));
}

TEST_P(StoreUsage, WhatALookHasFoundOutlivesARestartAndAnOrder) {
  issue("a.example.org");
  save({name("a.example.org"), tomorrow, start, "a.example.org has no address"});
  const OrderRecord order = order_for({"a.example.org"}, renewal);
  ASSERT_TRUE(store().finish_order(order.id, bundle_for({"a.example.org"}, "0A02"), renewal));
  reopen();
  EXPECT_THAT(store().due_usage_looks(tomorrow, 10).value(),
              ElementsAre(HostnameUsage{name("a.example.org"), start}));
  const Hostname hostname = detail("a.example.org").hostname;
  EXPECT_EQ(hostname.absent_since, start);
  EXPECT_EQ(hostname.absence, "a.example.org has no address");
  EXPECT_EQ(hostname.unused_since, std::nullopt);
}

TEST_P(StoreUsage, AnUnusedHostnameIsNotRenewedAndOneThatIsUsedAgainIs) {
  issue("a.example.org");
  find_unused("a.example.org");
  EXPECT_THAT(due_names(renewal), IsEmpty());
  EXPECT_EQ(store().next_due().value(), std::nullopt);
  EXPECT_EQ(store().count_hostnames(start).value().unused, 1u);
  EXPECT_THAT(event_kinds("a.example.org"), Contains(EventKind::hostname_unused));
  find_used("a.example.org");
  EXPECT_THAT(due_names(renewal - 1ms), IsEmpty());
  EXPECT_THAT(due_names(renewal), ElementsAre("a.example.org"));
  EXPECT_EQ(store().count_hostnames(start).value().unused, 0u);
  EXPECT_EQ(event_kinds("a.example.org").back(), EventKind::hostname_used_again);
}

TEST_P(StoreUsage, AnUnusedHostnameStaysSoWhenTheAuthorityAdvisesAnotherTime) {
  const CertificateId id = issue("a.example.org");
  find_unused("a.example.org");
  const RenewalAdvice advice{start, start + 1h, start, ""};
  const RenewalCheck check{.certificate = id, .advised = RenewalCheck::Advised{advice, start}};
  ASSERT_TRUE(store().save_renewal_checks(std::vector{check}, start));
  EXPECT_THAT(due_names(renewal), IsEmpty());
}

TEST_P(StoreUsage, IsAnEventOnlyWhenItComesOrGoes) {
  issue("a.example.org");
  save({name("a.example.org"), tomorrow, start, "a.example.org has no address"});
  EXPECT_THAT(event_kinds("a.example.org"), Not(Contains(EventKind::hostname_unused)));
  find_unused("a.example.org");
  const std::size_t before = event_kinds("a.example.org").size();
  find_unused("a.example.org");
  EXPECT_THAT(event_kinds("a.example.org"), SizeIs(before));
}

TEST_P(StoreUsage, WhoAsksForARenewalTakesAHostnameBackForTheWholeTime) {
  issue("a.example.org");
  find_unused("a.example.org");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  EXPECT_THAT(due_names(start), ElementsAre("a.example.org"));
  const Hostname hostname = detail("a.example.org").hostname;
  EXPECT_EQ(hostname.unused_since, std::nullopt);
  EXPECT_EQ(hostname.absent_since, std::nullopt);
  EXPECT_EQ(hostname.absence, "");
}

TEST_P(StoreUsage, ANewModeTakesAHostnameBack) {
  issue("a.example.org");
  find_unused("a.example.org");
  set_mode("a.example.org", HostnameMode::off);
  set_mode("a.example.org", HostnameMode::automatic);
  EXPECT_THAT(due_names(start), ElementsAre("a.example.org"));
}

TEST_P(StoreUsage, VisitorsOfAHostnameThatLeadsElsewhereBringALookForward) {
  issue("a.example.org");
  issue("b.example.org", "0A02");
  find_unused("a.example.org");
  find_used("b.example.org");
  const std::vector<HostnameTraffic> traffic = {{name("a.example.org"), 2},
                                                {name("b.example.org"), 2}};
  ASSERT_TRUE(store().save_traffic(traffic));
  EXPECT_THAT(store().due_usage_looks(start, 10).value(),
              ElementsAre(HostnameUsage{name("a.example.org"), start, start, 2}));
}

TEST_P(StoreUsage, AnUnusedHostnameIsNotRenewedTogetherWithOthers) {
  add({"a.example.org", "b.example.org", "c.example.org"});
  const OrderRecord order = order_for({"a.example.org", "b.example.org", "c.example.org"});
  const CertificateBundle bundle = bundle_for({"a.example.org", "b.example.org", "c.example.org"});
  ASSERT_TRUE(store().finish_order(order.id, bundle, start));
  find_unused("b.example.org");
  const std::vector<DueHostname> due = store().due_hostnames(renewal, 10).value();
  ASSERT_THAT(due, SizeIs(2));
  EXPECT_EQ(due[0].together, names({"a.example.org", "c.example.org"}));
}

TEST_P(StoreUsage, TheSecondCertificateOfAnUnusedHostnameRestsToo) {
  want(both);
  serve_first({"a.example.org"});
  issue_second({"a.example.org"});
  find_unused("a.example.org");
  EXPECT_THAT(due_names(renewal), IsEmpty());
  find_used("a.example.org");
  EXPECT_THAT(due_names(renewal), ElementsAre("a.example.org", "a.example.org"));
}

TEST_P(StoreUsage, UnusedHostnamesCanBeListed) {
  for (const char* const text : {"a.example.org", "b.example.org", "c.example.org"}) {
    issue(text, text);
  }
  find_unused("b.example.org");
  HostnameQuery query;
  query.usage = HostnameQuery::Usage::unused;
  EXPECT_THAT(listed_names(query), ElementsAre("b.example.org"));
}

}  // namespace
}  // namespace agent
