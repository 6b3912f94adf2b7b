#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(StoreConformance, AnAbandonedOrderMakesItsHostnamesDueWithoutAFailure) {
  add({"a.example.org"});
  const OrderRecord order = order_for({"a.example.org"});
  const LiveChallenge challenge{name("a.example.org"), "token", "token.thumbprint"};
  ASSERT_TRUE(store().save_order(order, std::span(&challenge, 1)));
  ASSERT_TRUE(store().abandon_order(order.id, "authority=gone", std::nullopt, start + 1h));
  const Hostname hostname = store().hostname(name("a.example.org")).value().value().hostname;
  EXPECT_EQ(hostname.next_attempt, start + 1h);
  EXPECT_EQ(hostname.failures, 0U);
  EXPECT_TRUE(store().open_orders().value().empty());
  EXPECT_TRUE(store().live_challenges().value().empty());
  EXPECT_EQ(store().events({}).value().back().kind, EventKind::order_abandoned);
  EXPECT_EQ(store().events({}).value().back().detail, "authority=gone");
  EXPECT_EQ(store().abandon_order(order.id, "again", std::nullopt, start).error().code,
            StoreErrc::gone);
}

TEST_P(StoreConformance, AnAuthoritysRefusalIsKeptUntilItsTimeIsOver) {
  add({"a.example.org", "b.example.org"});
  OrderFailure failure{"CAA forbids it", start, false, start + 24h};
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, failure, start));
  const auto refusals_at = [this](base::WallTime now) {
    const std::vector<DueHostname> all = store().due_hostnames(now, 10).value();
    for (const DueHostname& due : all) {
      if (due.hostname.name == name("a.example.org")) return due.refusals;
      EXPECT_TRUE(due.refusals.empty()) << "another hostname's";
    }
    return std::vector<Refusal>{{"not due", {}}};
  };
  EXPECT_THAT(refusals_at(start), ElementsAre(Refusal{"letsencrypt", start + 24h}));
  EXPECT_THAT(refusals_at(start + 24h), IsEmpty());
  const OrderId again = order_for({"a.example.org"}).id;
  ASSERT_TRUE(store().abandon_order(again, "limited", start + 48h, start));
  EXPECT_THAT(refusals_at(start), ElementsAre(Refusal{"letsencrypt", start + 48h}));
  const std::vector<base::DomainName> asked = names({"a.example.org"});
  ASSERT_TRUE(store().request_renewal(asked, start));
  EXPECT_THAT(refusals_at(start), IsEmpty()) << "somebody has mended it";
}

TEST_P(StoreConformance, ARefusalDoesNotOutliveTheHostname) {
  add({"a.example.org"});
  OrderFailure failure{"no", start, false, start + 24h};
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, failure, start));
  remove({"a.example.org"});
  add({"a.example.org"});
  EXPECT_THAT(store().due_hostnames(start, 10).value().at(0).refusals, IsEmpty());
}

TEST_P(StoreConformance, ManyOrdersAreCreatedTogetherInTheGivenOrder) {
  add({"a.example.org", "b.example.org"});
  const std::vector<NewOrder> wanted = {{"letsencrypt", names({"b.example.org"})},
                                        {"other", names({"a.example.org"})}};
  const std::vector<OrderRecord> created = store().create_orders(wanted, start).value();
  ASSERT_EQ(created.size(), 2u);
  EXPECT_EQ(created[0].names, names({"b.example.org"}));
  EXPECT_EQ(created[1].authority, "other");
  EXPECT_EQ(detail("a.example.org").order->id, created[1].id);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
  EXPECT_EQ(store().open_orders().value(), created);
}

TEST_P(StoreConformance, AnOrderWithANameThatCannotHaveOneIsLeftOut) {
  add({"free.example.org", "ordered.example.org", "off.example.org"});
  order_for({"ordered.example.org"});
  set_mode("off.example.org", HostnameMode::off);
  const std::vector<NewOrder> wanted = {
      {"letsencrypt", names({"ordered.example.org"})},
      {"letsencrypt", names({"off.example.org"})},
      {"letsencrypt", names({"free.example.org", "unknown.example.org"})},
      {"letsencrypt", names({"free.example.org"})},
      {"letsencrypt", names({"free.example.org"})}};
  const std::vector<OrderRecord> created = store().create_orders(wanted, start).value();
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created[0].names, names({"free.example.org"}));
}

TEST_P(StoreConformance, AnOrderKnowsTheFailuresBeforeIt) {
  add({"a.example.org", "b.example.org"});
  ASSERT_TRUE(store().fail_order(order_for({"b.example.org"}).id, {"no", start}, start));
  EXPECT_EQ(order_for({"a.example.org", "b.example.org"}).failures, 1u);
}

TEST_P(StoreConformance, ASavedOrderIsThereAfterAReopen) {
  add({"a.example.org"});
  OrderRecord order = order_for({"a.example.org"});
  order.document = std::string("\x00 private\xff key", 14);
  order.stage = "validating";
  const std::vector<LiveChallenge> challenges = {{name("a.example.org"), "token1", "token1.print"},
                                                 {name("a.example.org"), "token2", "token2.print"}};
  ASSERT_TRUE(store().save_order(order, challenges));
  reopen();
  EXPECT_THAT(store().open_orders().value(), ElementsAre(order));
  EXPECT_EQ(store().live_challenges().value(), challenges);
}

TEST_P(StoreConformance, SavingReplacesTheLiveChallengesOfThatOrderOnly) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord first = order_for({"a.example.org"});
  const OrderRecord second = order_for({"b.example.org"});
  const LiveChallenge of_first{name("a.example.org"), "token", "old"};
  const LiveChallenge of_second{name("b.example.org"), "token", "key"};
  ASSERT_TRUE(store().save_order(first, std::vector{of_first}));
  ASSERT_TRUE(store().save_order(second, std::vector{of_second}));
  ASSERT_TRUE(store().save_order(first, {}));
  EXPECT_THAT(store().live_challenges().value(), ElementsAre(of_second));
}

TEST_P(StoreConformance, AFinishedOrderGivesItsHostnameTheCertificate) {
  add({"a.example.org"});
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, {"no", start, true}, start));
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord order = order_for({"a.example.org"});
  ASSERT_TRUE(
      store().save_order(order, std::vector{LiveChallenge{name("a.example.org"), "t", "k"}}));
  const CertificateId id =
      store().finish_order(order.id, bundle_for({"a.example.org"}), start).value();
  const Hostname expected{.name = name("a.example.org"),
                          .created = start,
                          .certificate = id,
                          .next_attempt = start + 24h * 60};
  EXPECT_EQ(detail("a.example.org").hostname, expected);
  EXPECT_EQ(detail("a.example.org").order, std::nullopt);
  EXPECT_THAT(store().open_orders().value(), IsEmpty());
  EXPECT_THAT(store().live_challenges().value(), IsEmpty());
}

TEST_P(StoreConformance, AnOrderThatWasRemovedIsGone) {
  add({"a.example.org"});
  const OrderRecord order = order_for({"a.example.org"});
  remove({"a.example.org"});
  EXPECT_EQ(store().save_order(order, {}).error().code, StoreErrc::gone);
  EXPECT_EQ(store().finish_order(order.id, bundle_for({"a.example.org"}), start).error().code,
            StoreErrc::gone);
  EXPECT_EQ(store().fail_order(order.id, {"no", start}, start).error().code, StoreErrc::gone);
  EXPECT_THAT(certificate_ids(CertificateSelection::all), IsEmpty());
}

TEST_P(StoreConformance, ARenewalReplacesTheCertificateOfTheSameBundle) {
  const CertificateId before = issue("a.example.org", "01");
  serve(before);
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord order = order_for({"a.example.org"});
  CertificateBundle bundle = bundle_for({"a.example.org"}, "02");
  bundle.certificate.not_after += 24h * 60;
  const CertificateId after = store().finish_order(order.id, bundle, start).value();
  EXPECT_GT(after, before);
  EXPECT_THAT(certificate_ids(CertificateSelection::all), ElementsAre(after.value()));
  EXPECT_EQ(store().certificate_bundle(before).error().code, StoreErrc::not_found);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);  // the old one's
  const std::vector<Event> events = store().events({.subject = "a.example.org"}).value();
  const auto replaced = std::find_if(events.begin(), events.end(), [](const Event& event) {
    return event.kind == EventKind::certificate_replaced;
  });
  ASSERT_NE(replaced, events.end());
  EXPECT_THAT(replaced->detail, HasSubstr("serial=01"));
}

TEST_P(StoreConformance, ACertificateOfAnotherBundleIsRetiredWhenItIsNoLongerUsed) {
  const CertificateId before = issue("a.example.org", "01");
  add({"b.example.org"});
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord order = order_for({"b.example.org", "a.example.org"});
  const CertificateId after =
      store()
          .finish_order(order.id, bundle_for({"b.example.org", "a.example.org"}, "02"), start)
          .value();
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(before.value()));
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(after.value()));
  EXPECT_EQ(detail("a.example.org").hostname.certificate, after);
}

TEST_P(StoreConformance, ABundleThatOthersUseIsNotReplaced) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord both = order_for({"a.example.org", "b.example.org"});
  const CertificateBundle shared = bundle_for({"a.example.org", "b.example.org"}, "01");
  const CertificateId id = store().finish_order(both.id, shared, start).value();
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord order = order_for({"a.example.org"});
  EXPECT_EQ(store().finish_order(order.id, bundle_for({"a.example.org"}, "02"), start).error().code,
            StoreErrc::conflict);
  EXPECT_EQ(detail("a.example.org").order->id, order.id);  // nothing was applied
  EXPECT_EQ(detail("b.example.org").hostname.certificate, id);
}

TEST_P(StoreConformance, ABundleOfARetiredCertificateMayBeTaken) {
  issue("a.example.org", "01");
  remove({"a.example.org"});
  const CertificateId again = issue("a.example.org", "02");
  EXPECT_THAT(certificate_ids(CertificateSelection::all), ElementsAre(again.value()));
}

TEST_P(StoreConformance, AFailedOrderCountsAndSaysWhy) {
  add({"a.example.org"});
  ASSERT_TRUE(
      store().fail_order(order_for({"a.example.org"}).id, {"NXDOMAIN", start + 1min}, start));
  const OrderFailure parked{"CAA forbids it", start + 24h, true};
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, parked, start + 1min));
  const Hostname expected{.name = name("a.example.org"),
                          .created = start,
                          .next_attempt = start + 24h,
                          .failures = 2,
                          .last_error = "CAA forbids it",
                          .parked = true};
  EXPECT_EQ(detail("a.example.org"), HostnameDetail{expected});
  EXPECT_THAT(store().open_orders().value(), IsEmpty());
}

TEST_P(StoreConformance, AFailedRenewalKeepsTheCertificate) {
  const CertificateId id = issue("a.example.org");
  serve(id);
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, {"no", start + 1min}, start));
  const Hostname hostname = detail("a.example.org").hostname;
  EXPECT_EQ(hostname.certificate, id);
  EXPECT_EQ(hostname.served_until, start + 24h * 90);
  EXPECT_TRUE(hostname.renewal_requested);
}

TEST_P(StoreConformance, NumbersAreNotUsedAgain) {
  add({"a.example.org"});
  const OrderRecord first = order_for({"a.example.org"});
  remove({"a.example.org"});
  reopen();
  add({"a.example.org"});
  EXPECT_GT(order_for({"a.example.org"}).id, first.id);
}

TEST_P(StoreConformance, AnOrderKnowsSinceWhenItsNameHasFailed) {
  add({"a.example.org"});
  const OrderRecord first = order_for({"a.example.org"});
  EXPECT_EQ(first.failing_since, std::nullopt);
  ASSERT_TRUE(store().fail_order(first.id, {"no", start + 1h}, start));
  const OrderRecord second = order_for({"a.example.org"}, start + 24h);
  EXPECT_EQ(second.failing_since, start);
  EXPECT_EQ(store().open_orders().value().front().failing_since, start);
  ASSERT_TRUE(store().fail_order(second.id, {"no", start + 48h}, start + 24h));
  EXPECT_EQ(order_for({"a.example.org"}, start + 48h).failing_since, start);
}

TEST_P(StoreConformance, WhatFailsWithACertificateIsNotHopeless) {
  issue("a.example.org");
  const OrderRecord first = order_for({"a.example.org"}, start + 24h * 60);
  ASSERT_TRUE(store().fail_order(first.id, {"no", start + 24h * 61}, start + 24h * 60));
  EXPECT_EQ(order_for({"a.example.org"}, start + 24h * 61).failing_since, std::nullopt);
}

TEST_P(StoreConformance, ARequestedRenewalForgetsSinceWhenItHasFailed) {
  add({"a.example.org"});
  ASSERT_TRUE(store().fail_order(order_for({"a.example.org"}).id, {"no", start + 1h}, start));
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start + 1h));
  EXPECT_EQ(order_for({"a.example.org"}, start + 1h).failing_since, std::nullopt);
}

}  // namespace
}  // namespace agent
