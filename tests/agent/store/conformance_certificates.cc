#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreConformance, ACertificateIsKeptWithItsKey) {
  const CertificateId id = issue("a.example.org");
  reopen();
  CertificateBundle expected = bundle_for({"a.example.org"});
  expected.certificate.id = id;
  EXPECT_EQ(store().certificate_bundle(id).value(), expected);
}

TEST_P(StoreConformance, CertificatesAreReadInPages) {
  const CertificateId first = issue("a.example.org", "01");
  const CertificateId second = issue("b.example.org", "02");
  const CertificateId third = issue("c.example.org", "03");
  const auto page = store().certificates(CertificateSelection::wanted, first, 1).value();
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].id, second);
  EXPECT_EQ(page[0].names, names({"b.example.org"}));
  EXPECT_THAT(certificate_ids(CertificateSelection::all),
              ElementsAre(first.value(), second.value(), third.value()));
}

TEST_P(StoreConformance, AHostnameIsServedFromTheProofOn) {
  const CertificateId id = issue("a.example.org");
  EXPECT_EQ(detail("a.example.org").hostname.served_until, std::nullopt);
  serve(id, start + 1min);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  EXPECT_EQ(detail("a.example.org").certificate->state, CertificateState::served);
}

TEST_P(StoreConformance, ProvingACertificateAgainIsNoEvent) {
  const CertificateId id = issue("a.example.org");
  serve(id);
  const std::int64_t before = store().last_change().value();
  serve(id, start + 1h);
  EXPECT_EQ(store().last_change().value(), before);
  EXPECT_THAT(event_kinds("a.example.org"),
              ElementsAre(EventKind::hostname_added,
                          EventKind::order_created,
                          EventKind::certificate_issued,
                          EventKind::certificate_served));
}

TEST_P(StoreConformance, ProvingDuringARenewalLeavesTheOrderOpen) {
  const CertificateId id = issue("a.example.org");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord order = order_for({"a.example.org"});
  serve(id);
  EXPECT_EQ(detail("a.example.org").order->id, order.id);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
}

TEST_P(StoreConformance, ARetiredOrUnknownCertificateIsNotMarkedServed) {
  const CertificateId id = issue("a.example.org");
  remove({"a.example.org"});
  serve(id);
  serve(CertificateId(4711));
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(id.value()));
}

TEST_P(StoreConformance, OnlyARetiredCertificateIsForgotten) {
  const CertificateId retired = issue("a.example.org", "01");
  const CertificateId used = issue("b.example.org", "02");
  remove({"a.example.org"});
  ASSERT_TRUE(store().forget_certificates(std::vector{retired, used, CertificateId(4711)}, start));
  EXPECT_THAT(certificate_ids(CertificateSelection::all), ElementsAre(used.value()));
  EXPECT_EQ(store().certificate_bundle(retired).error().code, StoreErrc::not_found);
}

TEST_P(StoreConformance, AnAccountIsKeptByAuthorityAndDirectory) {
  const Account staging{.authority = "letsencrypt",
                        .directory_url = "https://staging.example/dir",
                        .key_pem = "key 1",
                        .thumbprint = "print 1",
                        .created = start};
  Account production = staging;
  production.directory_url = "https://production.example/dir";
  production.url = "https://production.example/acct/1";
  production.key_pem = "key 2";
  ASSERT_TRUE(store().put_account(staging, start));
  ASSERT_TRUE(store().put_account(production, start));
  reopen();
  EXPECT_EQ(store().account("letsencrypt", staging.directory_url).value(), staging);
  EXPECT_EQ(store().account("letsencrypt", production.directory_url).value(), production);
  EXPECT_EQ(store().account("other", production.directory_url).value(), std::nullopt);
}

TEST_P(StoreConformance, AnAccountIsReplacedWhenItsUrlBecomesKnown) {
  Account account{.authority = "letsencrypt",
                  .directory_url = "https://ca.example/dir",
                  .key_pem = "key",
                  .thumbprint = "print",
                  .created = start};
  ASSERT_TRUE(store().put_account(account, start));
  account.url = "https://ca.example/acct/1";
  ASSERT_TRUE(store().put_account(account, start));
  EXPECT_EQ(store().account("letsencrypt", account.directory_url).value(), account);
}

TEST_P(StoreConformance, SavingAnUnchangedAccountIsNoEvent) {
  const Account account{.authority = "letsencrypt",
                        .directory_url = "https://ca.example/dir",
                        .url = "https://ca.example/acct/1",
                        .key_pem = "key"};
  ASSERT_TRUE(store().put_account(account, start));
  ASSERT_TRUE(store().put_account(account, start));
  EXPECT_THAT(event_kinds("letsencrypt"), ElementsAre(EventKind::account_saved));
}

TEST_P(StoreConformance, EventsOfOneSubjectAreReadOldestFirst) {
  add({"a.example.org", "b.example.org"});
  set_mode("a.example.org", HostnameMode::off, start + 1h);
  remove({"a.example.org"}, start + 2h);
  const std::vector<Event> events = store().events({.subject = "a.example.org"}).value();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].kind, EventKind::hostname_updated);
  EXPECT_EQ(events[1].at, start + 1h);
  EXPECT_EQ(events[1].detail, "mode=off https_redirect=off");
  EXPECT_EQ(events[2].kind, EventKind::hostname_removed);
}

TEST_P(StoreConformance, EventsAreTheNewestOnesOrThoseAfterASequence) {
  add({"a.example.org", "b.example.org", "c.example.org"});
  const std::vector<Event> newest = store().events({.limit = 2}).value();
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].subject, "b.example.org");
  EXPECT_EQ(newest[1].subject, "c.example.org");
  EXPECT_THAT(store().events({.after = newest[0].sequence}).value(), ElementsAre(newest[1]));
}

TEST_P(StoreConformance, TheFeedNamesWhatChanged) {
  EXPECT_EQ(store().last_change().value(), 0);
  EXPECT_THAT(store().changes(0, 10).value(), IsEmpty());
  const CertificateId id = issue("a.example.org");
  const std::int64_t seen = store().last_change().value();
  serve(id);
  const std::vector<Change> changes = store().changes(seen, 10).value();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].kind, ChangeKind::certificate);
  EXPECT_EQ(changes[0].key, std::to_string(id.value()));
  EXPECT_EQ(changes[1].kind, ChangeKind::hostname);
  EXPECT_EQ(changes[1].key, "a.example.org");
  EXPECT_THAT(store().changes(changes[0].sequence, 1).value(), ElementsAre(changes[1]));
}

TEST_P(StoreConformance, AFeedPositionFromTheFutureIsGone) {
  EXPECT_EQ(store().changes(5, 10).error().code, StoreErrc::gone);
}

TEST_P(StoreConformance, MetaKeepsSmallValues) {
  EXPECT_EQ(store().meta("seed").value(), std::nullopt);
  ASSERT_TRUE(store().put_meta("seed", std::string("\x00\xff", 2)));
  reopen();
  EXPECT_EQ(store().meta("seed").value(), std::string("\x00\xff", 2));
}

TEST_P(StoreConformance, CallsCommittedTogetherAreAllThere) {
  ASSERT_TRUE(store().commit_together([&] {
    add({"a.example.org"});
    add({"b.example.org"});
    EXPECT_TRUE(exists("a.example.org"));
  }));
  reopen();
  EXPECT_THAT(listed_names({}), ElementsAre("a.example.org", "b.example.org"));
}

TEST_P(StoreConformance, ACallThatFailsAmongOthersTakesOnlyItselfBack) {
  ASSERT_TRUE(store().commit_together([&] {
    add({"a.example.org", "b.example.org"});
    const OrderRecord both = order_for({"a.example.org", "b.example.org"});
    ASSERT_TRUE(
        store().finish_order(both.id, bundle_for({"a.example.org", "b.example.org"}), start));
    ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
    const OrderRecord order = order_for({"a.example.org"});
    EXPECT_EQ(store().finish_order(order.id, bundle_for({"a.example.org"}), start).error().code,
              StoreErrc::conflict);
    add({"c.example.org"});
  }));
  EXPECT_TRUE(detail("a.example.org").order);
  EXPECT_TRUE(exists("c.example.org"));
}

}  // namespace
}  // namespace agent
