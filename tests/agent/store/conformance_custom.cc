#include "tests/agent/store/conformance_custom.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreCustom, AnInstalledCertificateIsTheHostnames) {
  add({"a.example.org"});
  const CertificateId id = install("a.example.org");
  reopen();
  const HostnameDetail found = detail("a.example.org");
  EXPECT_EQ(found.hostname.mode, HostnameMode::custom);
  EXPECT_EQ(found.hostname.certificate, id);
  EXPECT_EQ(found.hostname.next_attempt, std::nullopt);
  EXPECT_EQ(found.certificate->authority, custom_authority);
  EXPECT_EQ(found.custom, CustomState{});
  EXPECT_EQ(store().certificate_bundle(id).value().private_key_pem, "key 0C01");
  serve(id);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
}

TEST_P(StoreCustom, NothingIsInstalledForAnUnknownHostname) {
  const auto refused = store().install_certificate(installation_for("a.example.org"), start);
  EXPECT_EQ(refused.error().code, StoreErrc::not_found);
  EXPECT_THAT(certificate_ids(CertificateSelection::all), IsEmpty());
}

TEST_P(StoreCustom, NothingIsOrderedInModeCustom) {
  add({"a.example.org"});
  set_mode("a.example.org", HostnameMode::custom);
  EXPECT_THAT(due_names(start + 24h * 365), IsEmpty());
  EXPECT_EQ(store().request_renewal(names({"a.example.org"}), start).value().front(),
            RenewalOutcome::custom);
  const std::vector<NewOrder> orders = {{"letsencrypt", names({"a.example.org"})}};
  EXPECT_THAT(store().create_orders(orders, start).value(), IsEmpty());
  EXPECT_EQ(detail("a.example.org").custom, std::nullopt);
}

TEST_P(StoreCustom, WhatWasServedGoesOnUntilOneIsInstalled) {
  serve(issue("a.example.org"));
  set_mode("a.example.org", HostnameMode::custom);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  EXPECT_THAT(due_names(start + 24h * 365), IsEmpty());
}

TEST_P(StoreCustom, AnInstalledCertificateTakesThePlaceOfAnOrderedOne) {
  const CertificateId ordered = issue("a.example.org");
  serve(ordered);
  const CertificateId installed = install("a.example.org");
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(ordered.value()));
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(installed.value()));
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
}

TEST_P(StoreCustom, WhoSharedACertificateWithItGetsAnother) {
  add({"a.example.org", "b.example.org"});
  const OrderRecord order = order_for({"a.example.org", "b.example.org"});
  const CertificateBundle bundle = bundle_for({"a.example.org", "b.example.org"});
  serve(store().finish_order(order.id, bundle, start).value());
  install("a.example.org");
  const std::vector<DueHostname> due = store().due_hostnames(start, 10).value();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_TRUE(due[0].hostname.renewal_requested);
  EXPECT_THAT(due[0].together, ElementsAre(name("b.example.org")));
}

TEST_P(StoreCustom, WhatAWildcardCoversFollowsItThereAndBack) {
  add({"*.example.org"});
  const HostnameSettings covered{.name = name("a.example.org"),
                                 .covered_by = name("*.example.org")};
  ASSERT_TRUE(store().add_hostnames(std::span(&covered, 1), start));
  const OrderRecord first = order_for({"*.example.org"});
  const CertificateBundle bundle = bundle_for({"*.example.org"});
  serve(store().finish_order(first.id, bundle, start).value());
  const CertificateId custom = install("*.example.org");
  EXPECT_EQ(detail("a.example.org").hostname.certificate, custom);
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(custom.value()));
  serve(custom);
  const CertificateId replaced = install("*.example.org", "0C02");
  EXPECT_EQ(detail("a.example.org").hostname.certificate, replaced);
  set_mode("*.example.org", HostnameMode::automatic);
  const OrderRecord second = order_for({"*.example.org"});
  const CertificateId ordered = store().finish_order(second.id, bundle, start).value();
  EXPECT_EQ(detail("a.example.org").hostname.certificate, ordered);
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(ordered.value()));
}

TEST_P(StoreCustom, AnInstallationEndsTheOrderUnderWay) {
  add({"a.example.org"});
  order_for({"a.example.org"});
  install("a.example.org");
  EXPECT_THAT(store().open_orders().value(), IsEmpty());
}

TEST_P(StoreCustom, AnotherCertificateReplacesItInPlace) {
  add({"a.example.org"});
  serve(install("a.example.org", "0C01"));
  const CertificateId second = install("a.example.org", "0C02");
  EXPECT_THAT(certificate_ids(CertificateSelection::all), ElementsAre(second.value()));
  EXPECT_EQ(detail("a.example.org").certificate->serial, "0C02");
  EXPECT_THAT(event_kinds("a.example.org"),
              ElementsAre(EventKind::hostname_added,
                          EventKind::hostname_updated,
                          EventKind::certificate_installed,
                          EventKind::certificate_served,
                          EventKind::certificate_replaced,
                          EventKind::certificate_installed));
}

TEST_P(StoreCustom, AutomaticAgainItIsServedUntilTheOrderedOneIsThere) {
  add({"a.example.org"});
  const CertificateId custom = install("a.example.org");
  serve(custom);
  set_mode("a.example.org", HostnameMode::automatic, start + 1h);
  EXPECT_THAT(due_names(start + 1h), ElementsAre("a.example.org"));
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(custom.value()));
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  const OrderRecord order = order_for({"a.example.org"}, start + 1h);
  const CertificateBundle bundle = bundle_for({"a.example.org"}, "0A02");
  const CertificateId ordered = store().finish_order(order.id, bundle, start + 2h).value();
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(ordered.value()));
  EXPECT_EQ(store().count_custom_certificates(start).value(), CustomCounts{});
}

TEST_P(StoreCustom, ItReturnsToAutomaticWhenAsked) {
  add({"a.example.org"});
  CustomInstallation installation = installation_for("a.example.org");
  installation.return_at = start + 24h * 80;
  ASSERT_TRUE(store().install_certificate(installation, start));
  EXPECT_EQ(detail("a.example.org").custom->return_at, start + 24h * 80);
  EXPECT_THAT(store().tend_custom_certificates(start + 24h * 80 - 1s, 100).value().returned,
              IsEmpty());
  EXPECT_THAT(store().tend_custom_certificates(start + 24h * 80, 100).value().returned,
              ElementsAre(name("a.example.org")));
  EXPECT_EQ(detail("a.example.org").hostname.mode, HostnameMode::automatic);
  EXPECT_THAT(due_names(start + 24h * 80), ElementsAre("a.example.org"));
}

TEST_P(StoreCustom, EachWarningComesOnce) {
  add({"a.example.org"});
  install("a.example.org");
  const base::WallTime end = start + 24h * 90;
  EXPECT_THAT(warned(end - 24h * 30 - 1s), IsEmpty());
  for (const int days : custom_warning_days) {
    EXPECT_THAT(warned(end - 24h * days), ElementsAre("a.example.org"));
    EXPECT_THAT(warned(end - 24h * days + 1min), IsEmpty());
  }
  EXPECT_THAT(warned(end), ElementsAre("a.example.org"));
  EXPECT_THAT(warned(end + 24h), IsEmpty());
  const std::vector<Event> events = store().events({.subject = "a.example.org"}).value();
  EXPECT_EQ(events.at(events.size() - 2).kind, EventKind::custom_certificate_expires);
  EXPECT_EQ(events.at(events.size() - 2).detail, "in 1 day");
  EXPECT_EQ(events.back().kind, EventKind::custom_certificate_expired);
}

TEST_P(StoreCustom, ADaemonThatWasAwayWarnsOnce) {
  add({"a.example.org"});
  install("a.example.org");
  EXPECT_THAT(warned(start + 24h * 85), ElementsAre("a.example.org"));
  EXPECT_THAT(warned(start + 24h * 85 + 1s), IsEmpty());
}

TEST_P(StoreCustom, CountsSayWhenCertificatesEnd) {
  add({"a.example.org", "b.example.org"});
  install("a.example.org", "0C01");
  CustomInstallation longer = installation_for("b.example.org", "0C02");
  longer.bundle.certificate.not_after = start + 24h * 300;
  ASSERT_TRUE(store().install_certificate(longer, start));
  const CustomCounts counts = store().count_custom_certificates(start + 24h * 80).value();
  EXPECT_EQ(counts.total, 2u);
  EXPECT_THAT(counts.within, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_EQ(counts.first_expiry, start + 24h * 90);
}

TEST_P(StoreCustom, ARequestIsKeptWithItsKey) {
  add({"a.example.org"});
  const CertificateRequestId id = request("a.example.org", "csr 1");
  reopen();
  const auto found = store().certificate_request(name("a.example.org")).value();
  EXPECT_EQ(found, (CertificateRequest{id, "csr 1", "key of csr 1", start}));
  EXPECT_EQ(detail("a.example.org").hostname.mode, HostnameMode::automatic);
}

TEST_P(StoreCustom, ANewerRequestTakesThePlaceOfAnEarlierOne) {
  add({"a.example.org"});
  const CertificateRequestId first = request("a.example.org", "csr 1");
  const CertificateRequestId second = request("a.example.org", "csr 2");
  EXPECT_NE(first, second);
  EXPECT_EQ(store().certificate_request(name("a.example.org")).value()->csr_pem, "csr 2");
}

TEST_P(StoreCustom, ARequestEndsWithTheCertificateForIt) {
  add({"a.example.org"});
  request("a.example.org", "csr 1");
  install("a.example.org", "0C01");
  EXPECT_TRUE(store().certificate_request(name("a.example.org")).value());
  CustomInstallation installation = installation_for("a.example.org", "0C02");
  installation.request = request("a.example.org", "csr 2");
  ASSERT_TRUE(store().install_certificate(installation, start));
  EXPECT_FALSE(store().certificate_request(name("a.example.org")).value());
}

TEST_P(StoreCustom, WithTheHostnameGoesWhatBelongsToIt) {
  add({"a.example.org"});
  const CertificateId id = install("a.example.org");
  request("a.example.org", "csr 1");
  remove({"a.example.org"});
  EXPECT_FALSE(store().certificate_request(name("a.example.org")).value());
  EXPECT_EQ(store().count_custom_certificates(start).value(), CustomCounts{});
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(id.value()));
}

TEST_P(StoreCustom, ASecondCertificateGoesWithTheFirst) {
  const std::vector both = {KeyAlgorithm::ecdsa, KeyAlgorithm::rsa};
  ASSERT_TRUE(store().set_key_algorithms(both, start));
  serve(issue("a.example.org"));
  EXPECT_TRUE(detail("a.example.org").second);
  serve(install("a.example.org"));
  EXPECT_FALSE(detail("a.example.org").second);
}

}  // namespace
}  // namespace agent
