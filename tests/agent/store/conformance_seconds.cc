// Second certificates: docs/design/0002-two-key-types.md.

#include "tests/agent/store/second_certificates.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(SecondCertificates, AreDueOnceTheFirstIsServed) {
  add({"a.example.org"});
  EXPECT_THAT(due_seconds(), IsEmpty());
  CertificateBundle bundle = bundle_for({"a.example.org"});
  bundle.certificate.key = KeyAlgorithm::ecdsa;
  const auto id = store().finish_order(order_for({"a.example.org"}).id, bundle, start).value();
  EXPECT_THAT(due_seconds(), IsEmpty());
  serve(id);
  const std::vector<DueHostname> due = due_seconds();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].hostname.name, name("a.example.org"));
  EXPECT_EQ(due[0].certificate, std::nullopt);
  ASSERT_TRUE(due[0].first);
  EXPECT_EQ(due[0].first->certificate->id, id);
  EXPECT_EQ(due[0].first->certificate->key, KeyAlgorithm::ecdsa);
  EXPECT_FALSE(due[0].first->has_order);
  EXPECT_EQ(store().next_due(Urgency::retry).value(), start);
  EXPECT_EQ(store().next_due(Urgency::person_waits).value(), std::nullopt) << "nobody waits for it";
}

TEST_P(SecondCertificates, AreDueForAllThatIsServedWhenTheyAreTurnedOn) {
  want(std::array{KeyAlgorithm::ecdsa});
  serve_first({"a.example.org"});
  EXPECT_THAT(due_seconds(), IsEmpty());
  want(both);
  EXPECT_EQ(due_seconds().size(), 1U);
  reopen();
  EXPECT_EQ(due_seconds().size(), 1U);
}

TEST_P(SecondCertificates, LeaveTheHostnameAsItIs) {
  const CertificateId first = serve_first({"a.example.org"});
  const Hostname before = detail("a.example.org").hostname;
  const CertificateId second = issue_second({"a.example.org"});
  serve(second);
  const HostnameDetail after = detail("a.example.org");
  EXPECT_EQ(after.hostname, before);
  EXPECT_EQ(after.certificate->id, first);
  ASSERT_TRUE(after.second);
  EXPECT_EQ(after.second->certificate->id, second);
  EXPECT_EQ(after.second->certificate->state, CertificateState::served);
  EXPECT_EQ(after.second->next_attempt, start + 24h * 60) << "it is renewed on its own";
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted),
              ElementsAre(first.value(), second.value()));
  reopen();
  EXPECT_EQ(detail("a.example.org"), after);
}

TEST_P(SecondCertificates, FailByThemselves) {
  serve_first({"a.example.org"});
  const Hostname before = detail("a.example.org").hostname;
  const OrderRecord order = place_second({"a.example.org"}).at(0);
  EXPECT_EQ(order.role, CertificateRole::second);
  const OrderFailure failure{.error = "no RSA here",
                             .next_attempt = start + 1h,
                             .parked = true,
                             .refused_until = start + 2h};
  ASSERT_TRUE(store().fail_order(order.id, failure, start));
  const HostnameDetail after = detail("a.example.org");
  EXPECT_EQ(after.hostname, before);
  EXPECT_EQ(after.second->failures, 1U);
  EXPECT_EQ(after.second->last_error, "no RSA here");
  EXPECT_TRUE(after.second->parked);
  EXPECT_EQ(after.second->next_attempt, start + 1h);
  EXPECT_EQ(store().count_hostnames(start).value(),
            (HostnameCounts{.ready = 1, .second_failing = 1}));
  const auto events = store().events({.subject = "a.example.org", .limit = 1}).value();
  EXPECT_EQ(events.at(0).detail, "second certificate: no RSA here");
  // The authority would not have this one; the first it still has.
  EXPECT_EQ(due_seconds(start + 1h).at(0).refusals.size(), 1U);
  EXPECT_EQ(place_second({"a.example.org"}, start + 1h).at(0).failures, 1U);
  const auto first =
      store().due_hostnames(start + 24h * 60, std::vector<DueQuery>{{Urgency::renewal, 1}});
  EXPECT_THAT(first->at(0).refusals, IsEmpty());
}

TEST_P(SecondCertificates, WaitWhileTheFirstHasAnOrder) {
  serve_first({"a.example.org"});
  const OrderRecord first = order_for({"a.example.org"});
  EXPECT_TRUE(due_seconds().at(0).first->has_order);
  EXPECT_THAT(place_second({"a.example.org"}), IsEmpty());
}

TEST_P(SecondCertificates, GiveWayToAnOrderForTheFirst) {
  serve_first({"a.example.org"});
  const OrderRecord second = place_second({"a.example.org"}).at(0);
  const OrderRecord first = order_for({"a.example.org"}, start + 1s);
  EXPECT_EQ(store().save_order(second, {}).error().code, StoreErrc::gone);
  EXPECT_EQ(store().open_orders().value(), std::vector{first});
  EXPECT_EQ(due_seconds(start + 1s).size(), 1U);
  EXPECT_THAT(event_kinds("a.example.org"), Contains(EventKind::order_abandoned));
}

TEST_P(SecondCertificates, AreOrderedForTheNamesOfTheFirstTogetherAndRenewedSo) {
  serve_first({"a.example.org", "b.example.org"});
  EXPECT_EQ(due_seconds().at(0).together, names({"a.example.org", "b.example.org"}));
  issue_second({"a.example.org", "b.example.org"});
  EXPECT_EQ(due_seconds(start + 24h * 60).at(0).together,
            names({"a.example.org", "b.example.org"}));
}

TEST_P(SecondCertificates, AreRenewedInPlace) {
  serve_first({"a.example.org"});
  const CertificateId before = issue_second({"a.example.org"}, "02");
  const CertificateId after = issue_second({"a.example.org"}, "03");
  EXPECT_EQ(detail("a.example.org").second->certificate->id, after);
  EXPECT_FALSE(store().certificate_bundle(before)) << "the file is the same";
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty());
}

TEST_P(SecondCertificates, FollowTheirOwnAdvice) {
  serve_first({"a.example.org"});
  const base::WallTime of_first = *detail("a.example.org").hostname.next_attempt;
  const CertificateId second = issue_second({"a.example.org"});
  const base::WallTime instant = start + 24h * 10;
  const RenewalCheck check{
      .certificate = second,
      .advised = RenewalCheck::Advised{{instant - 1h, instant + 1h, instant, ""}, instant},
      .next_check = start + 6h};
  ASSERT_TRUE(store().save_renewal_checks(std::vector{check}, start));
  EXPECT_EQ(detail("a.example.org").second->next_attempt, instant);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, of_first);
}

TEST_P(SecondCertificates, ArePostponedForThemselves) {
  serve_first({"a.example.org"});
  const Postponement later{
      name("a.example.org"), start + 1h, Postponement::Wait::time, CertificateRole::second};
  ASSERT_TRUE(store().postpone(std::vector{later}));
  EXPECT_THAT(due_seconds(start + 59min), IsEmpty());
  EXPECT_EQ(due_seconds(start + 1h).size(), 1U);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, start + 24h * 60);
}

TEST_P(SecondCertificates, ThatWereToBeOrderedAreDueWhenTheFirstIsServedAgain) {
  serve_first({"a.example.org"});
  const Postponement later{
      name("a.example.org"), start + 5min, Postponement::Wait::time, CertificateRole::second};
  ASSERT_TRUE(store().postpone(std::vector{later}));
  CertificateBundle renewed = bundle_for({"a.example.org"}, "03");
  renewed.certificate.key = KeyAlgorithm::ecdsa;
  serve(store().finish_order(order_for({"a.example.org"}).id, renewed, start).value(), start + 1s);
  EXPECT_EQ(due_seconds(start + 1s).size(), 1U);
  issue_second({"a.example.org"});
  serve(store().finish_order(order_for({"a.example.org"}).id, renewed, start).value(), start + 2s);
  EXPECT_THAT(due_seconds(start + 2s), IsEmpty()) << "it has its own time";
}

TEST_P(SecondCertificates, AreRenewedOnRequestWithTheFirst) {
  serve_first({"a.example.org"});
  issue_second({"a.example.org"});
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start + 1h));
  ASSERT_EQ(due_seconds(start + 1h).size(), 1U);
  EXPECT_TRUE(due_seconds(start + 1h)[0].hostname.renewal_requested);
  EXPECT_EQ(due_names(start + 1h).size(), 2U);
}

TEST_P(SecondCertificates, GoWithTheirHostname) {
  serve_first({"a.example.org"});
  const CertificateId of_a = issue_second({"a.example.org"});
  serve_first({"b.example.org"});
  const OrderRecord of_b = place_second({"b.example.org"}).at(0);
  remove({"a.example.org"});
  set_mode("b.example.org", HostnameMode::off);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), Contains(of_a.value()));
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), IsEmpty());
  EXPECT_EQ(store().save_order(of_b, {}).error().code, StoreErrc::gone);
  EXPECT_THAT(due_names(start + 24h * 365), IsEmpty());
}

TEST_P(SecondCertificates, AreRetiredWhenTheyAreTurnedOff) {
  const CertificateId first = serve_first({"a.example.org"});
  const CertificateId second = issue_second({"a.example.org"});
  serve(second);
  want(std::array{KeyAlgorithm::ecdsa});
  EXPECT_EQ(detail("a.example.org").second, std::nullopt);
  EXPECT_EQ(detail("a.example.org").certificate->id, first);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(second.value()));
  EXPECT_THAT(due_names(start + 1h), IsEmpty());
}

TEST_P(SecondCertificates, WithAnOpenOrderAreRetiredAfterIt) {
  serve_first({"a.example.org"});
  const OrderRecord order = place_second({"a.example.org"}).at(0);
  want(std::array{KeyAlgorithm::ecdsa});
  ASSERT_TRUE(store().save_order(order, {}));
  CertificateBundle bundle = bundle_for({"a.example.org"}, "02");
  bundle.certificate.bundle_path = "_rsa.pem";
  const CertificateId second = store().finish_order(order.id, bundle, start).value();
  EXPECT_EQ(detail("a.example.org").second, std::nullopt);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(second.value()));
}

TEST_P(SecondCertificates, TakeTheFirstsPlaceIfTheirAlgorithmStays) {
  const CertificateId first = serve_first({"a.example.org"});
  const CertificateId second = issue_second({"a.example.org"});
  serve(second);
  serve_first({"b.example.org"});
  issue_second({"b.example.org"});  // not served: it cannot stand in
  want(std::array{KeyAlgorithm::rsa});
  const HostnameDetail after = detail("a.example.org");
  EXPECT_EQ(after.certificate->id, second);
  EXPECT_EQ(after.hostname.served_until, start + 24h * 90);
  EXPECT_EQ(after.hostname.next_attempt, start + 24h * 60);
  EXPECT_EQ(after.second, std::nullopt);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), Contains(first.value()));
  EXPECT_EQ(detail("b.example.org").certificate->key, KeyAlgorithm::ecdsa);
  EXPECT_EQ(detail("b.example.org").second, std::nullopt);
}

TEST_P(SecondCertificates, KeepAFilesPathFromAFirstOne) {
  serve_first({"a.example.org"});
  const OrderRecord order = place_second({"a.example.org"}).at(0);
  EXPECT_EQ(store().finish_order(order.id, bundle_for({"a.example.org"}, "02"), start).error().code,
            StoreErrc::conflict);
}

TEST_P(SecondCertificates, SurviveARestartWithTheirOrders) {
  serve_first({"a.example.org"});
  const OrderRecord order = place_second({"a.example.org"}).at(0);
  reopen();
  EXPECT_EQ(store().open_orders().value(), std::vector{order});
  ASSERT_TRUE(store().abandon_order(order.id, "test", std::nullopt, start));
  EXPECT_EQ(due_seconds().size(), 1U);
}

TEST_P(SecondCertificates, ThatWouldWaitTooLongAreRescued) {
  serve_first({"a.example.org"});
  const Postponement later{
      name("a.example.org"), start + 24h * 365, Postponement::Wait::time, CertificateRole::second};
  ASSERT_TRUE(store().postpone(std::vector{later}));
  EXPECT_EQ(store().rescue_attempts(start, 24h * 8, 1h).value(), 1U);
  EXPECT_EQ(due_seconds(start + 1h).size(), 1U);
}

// --- keys that are used again

TEST_P(StoreConformance, ARenewalFindsTheKeyOfTheCertificateItRenews) {
  add({"a.example.org"});
  const OrderRecord first = order_for({"a.example.org"});
  EXPECT_EQ(store().reusable_key(first.id).value(), std::nullopt);
  ASSERT_TRUE(store().finish_order(first.id, bundle_for({"a.example.org"}), start));
  EXPECT_EQ(store().reusable_key(first.id).error().code, StoreErrc::gone);
  EXPECT_EQ(store().reusable_key(order_for({"a.example.org"}).id).value(), "key 0A01");
}

TEST_P(StoreConformance, NamesOfSeveralCertificatesHaveNoKeyToUseAgain) {
  issue("a.example.org", "01");
  issue("b.example.org", "02");
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  EXPECT_EQ(store().reusable_key(order.id).value(), std::nullopt);
}

TEST_P(StoreConformance, ACompromisedKeyIsNotUsedAgain) {
  const CertificateId id = issue("a.example.org");
  const OrderRecord has_the_key = order_for({"a.example.org"});
  ASSERT_TRUE(store().mark_key_compromised(id, start));
  EXPECT_EQ(store().save_order(has_the_key, {}).error().code, StoreErrc::gone)
      << "it may have read the key already";
  EXPECT_THAT(due_names(start), ElementsAre("a.example.org"));
  reopen();
  EXPECT_EQ(store().reusable_key(order_for({"a.example.org"}).id).value(), std::nullopt);
  EXPECT_EQ(store().mark_key_compromised(CertificateId(4711), start).error().code,
            StoreErrc::not_found);
}

}  // namespace
}  // namespace agent
