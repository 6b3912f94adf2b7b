#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::WallTime later = std::chrono::sys_days{std::chrono::year(2030) / 1 / 2};

TEST_P(StoreConformance, ANewHostnameIsAutomaticAndDueAtOnce) {
  add({"www.example.org"});
  const Hostname expected{.name = name("www.example.org"), .created = start, .next_attempt = start};
  EXPECT_EQ(detail("www.example.org"), HostnameDetail{expected});
  EXPECT_THAT(due_names(start), ElementsAre("www.example.org"));
}

TEST_P(StoreConformance, AddingSaysOfEachNameWhatBecameOfIt) {
  add({"a.example.org", "b.example.org"});
  const std::vector<HostnameSettings> settings = {
      {.name = name("b.example.org"), .https_redirect = HttpsRedirect::on},
      {.name = name("c.example.org")},
      {.name = name("a.example.org"), .mode = HostnameMode::automatic}};
  EXPECT_THAT(store().add_hostnames(settings, later).value(),
              ElementsAre(AddOutcome::updated, AddOutcome::added, AddOutcome::unchanged));
  EXPECT_EQ(detail("b.example.org").hostname.https_redirect, HttpsRedirect::on);
  EXPECT_EQ(detail("b.example.org").hostname.created, start);
}

TEST_P(StoreConformance, AddingAgainChangesOnlyWhatWasGiven) {
  const std::vector<HostnameSettings> first = {{.name = name("a.example.org"),
                                                .mode = HostnameMode::off,
                                                .https_redirect = HttpsRedirect::on}};
  ASSERT_TRUE(store().add_hostnames(first, start));
  add({"a.example.org"}, later);
  EXPECT_EQ(detail("a.example.org").hostname.mode, HostnameMode::off);
  EXPECT_EQ(detail("a.example.org").hostname.https_redirect, HttpsRedirect::on);
}

TEST_P(StoreConformance, AHostnameKeepsWhoseItsChallengePathIs) {
  const HostnameSettings settings{.name = name("a.example.org"),
                                  .challenge_path = ChallengePath::left_alone};
  ASSERT_TRUE(store().add_hostnames(std::span(&settings, 1), start));
  add({"a.example.org", "b.example.org"}, later);
  EXPECT_EQ(detail("a.example.org").hostname.challenge_path, ChallengePath::left_alone);
  EXPECT_EQ(detail("b.example.org").hostname.challenge_path, ChallengePath::answered);
  ASSERT_TRUE(store().update_hostname({name("a.example.org"), HostnameMode::off}, later));
  ASSERT_TRUE(store().update_hostname({name("a.example.org"), HostnameMode::automatic}, later));
  reopen();
  EXPECT_EQ(detail("a.example.org").hostname.challenge_path, ChallengePath::left_alone);
  std::string seen;
  ASSERT_TRUE(store().for_each_lookup_row([&seen](const LookupRow& row) {
    seen.append(row.name).append(" ").append(to_string(row.challenge_path)).append(" ");
  }));
  EXPECT_EQ(seen, "a.example.org left_alone b.example.org answered ");
}

TEST_P(StoreConformance, AnOrderKnowsWhoseChallengePathIsLeftAlone) {
  const HostnameSettings settings{.name = name("b.example.org"),
                                  .challenge_path = ChallengePath::left_alone};
  add({"a.example.org"});
  ASSERT_TRUE(store().add_hostnames(std::span(&settings, 1), start));
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  EXPECT_THAT(order.left_alone, ElementsAre(name("b.example.org")));
  EXPECT_THAT(store().open_orders().value(), ElementsAre(order));
}

TEST_P(StoreConformance, AnOrderDoesNotOutliveAChangeOfTheChallengePath) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  ASSERT_TRUE(store().update_hostname(
      {.name = name("a.example.org"), .challenge_path = ChallengePath::answered}, later));
  EXPECT_THAT(store().open_orders().value(), ElementsAre(order)) << "nothing changed";
  ASSERT_TRUE(store().update_hostname(
      {.name = name("a.example.org"), .challenge_path = ChallengePath::left_alone}, later));
  EXPECT_THAT(store().open_orders().value(), IsEmpty());
  EXPECT_THAT(due_names(later), ElementsAre("a.example.org", "b.example.org"));
  EXPECT_EQ(detail("a.example.org").hostname.challenge_path, ChallengePath::left_alone);
}

TEST_P(StoreConformance, AHostnameAddedOffIsNeverDue) {
  const std::vector<HostnameSettings> settings = {
      {.name = name("a.example.org"), .mode = HostnameMode::off}};
  ASSERT_TRUE(store().add_hostnames(settings, start));
  EXPECT_EQ(store().next_due().value(), std::nullopt);
}

TEST_P(StoreConformance, AnUnknownHostnameIsNotFound) {
  EXPECT_FALSE(exists("a.example.org"));
  EXPECT_EQ(store().update_hostname({.name = name("a.example.org")}, start).error().code,
            StoreErrc::not_found);
  EXPECT_THAT(remove({"a.example.org"}), ElementsAre(RemoveOutcome::not_found));
}

TEST_P(StoreConformance, UpdatingReturnsTheNewRow) {
  add({"a.example.org"});
  const Hostname updated =
      store()
          .update_hostname({.name = name("a.example.org"), .https_redirect = HttpsRedirect::on},
                           later)
          .value();
  EXPECT_EQ(updated.https_redirect, HttpsRedirect::on);
  EXPECT_EQ(updated, detail("a.example.org").hostname);
}

TEST_P(StoreConformance, ModeOffDropsTheOrderAndRetiresTheCertificate) {
  const CertificateId certificate = issue("a.example.org");
  serve(certificate);
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), later));
  const OrderRecord order = order_for({"a.example.org"}, later);
  set_mode("a.example.org", HostnameMode::off, later);
  EXPECT_EQ(store().save_order(order, {}).error().code, StoreErrc::gone);
  const Hostname expected{
      .name = name("a.example.org"), .mode = HostnameMode::off, .created = start};
  EXPECT_EQ(detail("a.example.org"), HostnameDetail{expected});
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(certificate.value()));
}

TEST_P(StoreConformance, ModeAutomaticAgainStartsAsWithANewHostname) {
  issue("a.example.org");
  set_mode("a.example.org", HostnameMode::off);
  set_mode("a.example.org", HostnameMode::automatic, later);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, later);
  EXPECT_EQ(urgency(detail("a.example.org").hostname), Urgency::person_waits);
}

TEST_P(StoreConformance, RemovingAHostnameTakesItsOrderAndRetiresItsCertificate) {
  const CertificateId certificate = issue("a.example.org");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), later));
  const OrderRecord order = order_for({"a.example.org"}, later);
  const std::vector<LiveChallenge> challenges = {{name("a.example.org"), "token", "key"}};
  ASSERT_TRUE(store().save_order(order, challenges));
  EXPECT_THAT(remove({"a.example.org", "b.example.org"}, later),
              ElementsAre(RemoveOutcome::removed, RemoveOutcome::not_found));
  EXPECT_FALSE(exists("a.example.org"));
  EXPECT_THAT(store().open_orders().value(), IsEmpty());
  EXPECT_THAT(store().live_challenges().value(), IsEmpty());
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(certificate.value()));
}

TEST_P(StoreConformance, RemovingOneNameOfAnOrderMakesTheOthersDueAgain) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  remove({"a.example.org"}, later);
  EXPECT_EQ(store().save_order(order, {}).error().code, StoreErrc::gone);
  EXPECT_EQ(detail("b.example.org").order, std::nullopt);
  EXPECT_EQ(detail("b.example.org").hostname.next_attempt, later);
}

TEST_P(StoreConformance, ACertificateIsRetiredWithItsLastHostnameOnly) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  const CertificateId certificate =
      store().finish_order(order.id, bundle_for({"a.example.org", "b.example.org"}), start).value();
  remove({"a.example.org"});
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty());
  remove({"b.example.org"});
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(certificate.value()));
}

TEST_P(StoreConformance, ListsHostnamesByNameInPages) {
  add({"c.example.org", "a.example.org", "b.example.org", "a.example.org.uk"});
  const HostnamePage first = store().list_hostnames({.limit = 2}, start).value();
  ASSERT_EQ(first.hostnames.size(), 2u);
  EXPECT_EQ(first.next, "a.example.org.uk");
  EXPECT_EQ(first.hostnames[0].hostname.name.text(), "a.example.org");
  const HostnamePage second =
      store().list_hostnames({.after = first.next, .limit = 2}, start).value();
  ASSERT_EQ(second.hostnames.size(), 2u);
  EXPECT_EQ(second.hostnames[0].hostname.name.text(), "b.example.org");
  EXPECT_EQ(second.next, "");
}

TEST_P(StoreConformance, FindsHostnamesByPrefixAndByPart) {
  add({"shop.example.org", "shop2.example.org", "www.shop.example.org", "blog.example.org"});
  EXPECT_THAT(listed_names({.search = "shop"}),
              ElementsAre("shop.example.org", "shop2.example.org"));
  EXPECT_THAT(listed_names({.after = "shop.example.org", .search = "shop"}),
              ElementsAre("shop2.example.org"));
  EXPECT_THAT(listed_names({.search = "shop.", .match = HostnameQuery::Match::contains}),
              ElementsAre("shop.example.org", "www.shop.example.org"));
}

TEST_P(StoreConformance, ASearchTakesNoCharacterForAPattern) {
  add({"shop.example.org"});
  EXPECT_THAT(listed_names({.search = "%"}), IsEmpty());
  EXPECT_THAT(listed_names({.search = "s_op", .match = HostnameQuery::Match::contains}), IsEmpty());
}

TEST_P(StoreConformance, ListsAndCountsHostnamesByState) {
  const CertificateId served = issue("ready.example.org", "01");
  const CertificateId stale = issue("stale.example.org", "02");
  issue("issued.example.org", "03");
  serve(served);
  serve(stale);
  add({"new.example.org", "off.example.org"});
  set_mode("off.example.org", HostnameMode::off);
  const auto listed = [&](CertState state, base::WallTime now) {
    return listed_names({.state = state}, now);
  };
  EXPECT_THAT(listed(CertState::pending, start),
              ElementsAre("issued.example.org", "new.example.org"));
  EXPECT_THAT(listed(CertState::ready, start),
              ElementsAre("ready.example.org", "stale.example.org"));
  EXPECT_THAT(listed(CertState::expired, start), IsEmpty());
  EXPECT_THAT(listed(CertState::disabled, start), ElementsAre("off.example.org"));
  EXPECT_THAT(listed(CertState::none, start), IsEmpty());
  EXPECT_EQ(store().count_hostnames(start).value(),
            (HostnameCounts{.pending = 2, .ready = 2, .expired = 0, .disabled = 1}));
  const base::WallTime expiry = start + 24h * 90;
  EXPECT_THAT(listed(CertState::ready, expiry), IsEmpty());
  EXPECT_THAT(listed(CertState::expired, expiry),
              ElementsAre("ready.example.org", "stale.example.org"));
  EXPECT_EQ(store().count_hostnames(expiry).value(),
            (HostnameCounts{.pending = 2, .ready = 0, .expired = 2, .disabled = 1}));
}

TEST_P(StoreConformance, AStateFilterPagesAndSearchesToo) {
  for (const std::string_view text : {"a.example.org", "b.example.org", "c.example.net"}) {
    serve(issue(text, std::string(text.substr(0, 1))));
  }
  const base::WallTime expiry = start + 24h * 90;
  for (const base::WallTime now : {start, expiry}) {
    const CertState state = now == start ? CertState::ready : CertState::expired;
    const HostnamePage page = store().list_hostnames({.state = state, .limit = 1}, now).value();
    EXPECT_EQ(page.next, "a.example.org");
    EXPECT_THAT(listed_names({.after = page.next, .state = state}, now),
                ElementsAre("b.example.org", "c.example.net"));
    EXPECT_THAT(
        listed_names({.search = ".net", .match = HostnameQuery::Match::contains, .state = state},
                     now),
        ElementsAre("c.example.net"));
  }
}

TEST_P(StoreConformance, ShowsCertificateAndOpenOrderBesideTheHostname) {
  const CertificateId certificate = issue("a.example.org");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), later));
  OrderRecord order = order_for({"a.example.org"}, later);
  order.stage = "validating";
  ASSERT_TRUE(store().save_order(order, {}));
  const HostnameDetail shown = detail("a.example.org");
  Certificate expected = bundle_for({"a.example.org"}).certificate;
  expected.id = certificate;
  EXPECT_EQ(shown.certificate, expected);
  EXPECT_EQ(shown.order, (OpenOrder{order.id, "letsencrypt", "validating", later}));
  EXPECT_EQ(store().list_hostnames({}, start).value().hostnames.at(0), shown);
}

TEST_P(StoreConformance, StreamsALookupRowForEachHostname) {
  serve(issue("a.example.org"));
  const std::vector<HostnameSettings> settings = {{.name = name("b.example.org"),
                                                   .mode = HostnameMode::off,
                                                   .https_redirect = HttpsRedirect::on}};
  ASSERT_TRUE(store().add_hostnames(settings, start));
  std::vector<std::string> seen;
  ASSERT_TRUE(store().for_each_lookup_row([&](const LookupRow& row) {
    seen.push_back(std::string(row.name)
                       .append(" ")
                       .append(to_string(row.mode))
                       .append(" ")
                       .append(to_string(row.https_redirect))
                       .append(row.served_until == start + 24h * 90 ? " served" : ""));
  }));
  EXPECT_THAT(
      seen,
      testing::UnorderedElementsAre("a.example.org automatic off served", "b.example.org off on"));
}

}  // namespace
}  // namespace agent
