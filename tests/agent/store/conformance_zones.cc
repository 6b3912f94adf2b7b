#include "tests/agent/store/conformance_zones.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr base::WallTime later = std::chrono::sys_days{std::chrono::year(2030) / 1 / 2};

TEST_P(StoreZones, ATenantIsAddedChangedAndRemoved) {
  const Tenant tenant{.id = "alice", .title = "Alice", .wildcard_after = 5};
  EXPECT_EQ(store().put_tenant(tenant, start).value(), AddOutcome::added);
  EXPECT_EQ(store().put_tenant(tenant, later).value(), AddOutcome::unchanged);
  EXPECT_EQ(store().put_tenant({.id = "alice", .title = "Alicia"}, later).value(),
            AddOutcome::updated);
  reopen();
  EXPECT_EQ(store().tenant("alice").value(),
            (Tenant{.id = "alice", .title = "Alicia", .created = start}));
  EXPECT_EQ(store().remove_tenant("alice", later).value(), RemoveOutcome::removed);
  EXPECT_EQ(store().remove_tenant("alice", later).value(), RemoveOutcome::not_found);
  EXPECT_EQ(store().tenant("alice").value(), std::nullopt);
}

TEST_P(StoreZones, TenantsAreListedInPages) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(store().put_tenant({.id = id}, start));
  const auto page = store().tenants("a", 1).value();
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].id, "b");
}

TEST_P(StoreZones, AZoneIsAddedChangedAndRemoved) {
  const Zone zone{name("example.org"), "alice", ZoneDns::none, 0};
  EXPECT_EQ(store().put_zone(zone, start).error().code, StoreErrc::not_found) << "no tenant";
  ASSERT_TRUE(store().put_tenant({.id = "alice"}, start));
  EXPECT_EQ(store().put_zone(zone, start).value(), AddOutcome::added);
  EXPECT_EQ(store().put_zone(zone, later).value(), AddOutcome::unchanged);
  reopen();
  Zone expected = zone;
  expected.created = start;
  EXPECT_EQ(store().zone(name("example.org")).value(), expected);
  EXPECT_EQ(store().put_zone({name("example.org"), "alice"}, later).value(), AddOutcome::updated);
  EXPECT_EQ(store().zone(name("example.org")).value()->wildcard_after, std::nullopt);
  EXPECT_EQ(store().remove_zone(name("example.org"), later).value(), RemoveOutcome::removed);
  EXPECT_EQ(store().remove_zone(name("example.org"), later).value(), RemoveOutcome::not_found);
}

TEST_P(StoreZones, WhatIsInUseIsNotRemoved) {
  add_zone("example.org");
  add_in_zone("www.example.org", "example.org");
  EXPECT_EQ(store().remove_tenant("alice", later).error().code, StoreErrc::conflict);
  EXPECT_EQ(store().remove_zone(name("example.org"), later).error().code, StoreErrc::conflict);
  remove({"www.example.org"});
  EXPECT_TRUE(store().remove_zone(name("example.org"), later));
  EXPECT_TRUE(store().remove_tenant("alice", later));
}

TEST_P(StoreZones, ZonesAreListedByTenantInPages) {
  add_zone("b.example", "alice");
  add_zone("a.example", "bob");
  add_zone("c.example", "alice");
  EXPECT_THAT(zone_names({}), ElementsAre("a.example", "b.example", "c.example"));
  EXPECT_THAT(zone_names({.tenant = "alice"}), ElementsAre("b.example", "c.example"));
  EXPECT_THAT(zone_names({.tenant = "alice", .after = "b.example"}), ElementsAre("c.example"));
  EXPECT_THAT(zone_names({.limit = 1}), ElementsAre("a.example"));
}

TEST_P(StoreZones, ANewZoneTakesTheHostnamesBelowIt) {
  add({"www.example.org", "notexample.org", "example.org"});
  add_zone("example.org");
  EXPECT_EQ(detail("www.example.org").hostname.zone, name("example.org"));
  EXPECT_EQ(detail("example.org").hostname.zone, name("example.org"));
  EXPECT_EQ(detail("notexample.org").hostname.zone, std::nullopt);
  add_in_zone("a.shop.example.org", "example.org");
  add_zone("shop.example.org");
  EXPECT_EQ(detail("a.shop.example.org").hostname.zone, name("shop.example.org"));
  EXPECT_EQ(detail("www.example.org").hostname.zone, name("example.org"));
}

TEST_P(StoreZones, HostnamesAreListedByTenantAndZone) {
  add_zone("example.org", "alice");
  add_zone("shop.example.org", "bob");
  add_zone("example.com", "alice");
  add_in_zone("www.example.org", "example.org");
  add_in_zone("www.shop.example.org", "shop.example.org");
  add_in_zone("example.com", "example.com");
  add({"example.net"});
  EXPECT_THAT(listed_names({.tenant = "alice"}), ElementsAre("example.com", "www.example.org"));
  EXPECT_THAT(listed_names({.tenant = "bob"}), ElementsAre("www.shop.example.org"));
  EXPECT_THAT(listed_names({.zone = name("example.com")}), ElementsAre("example.com"));
  EXPECT_THAT(listed_names({.search = "www.", .tenant = "alice", .limit = 1}),
              ElementsAre("www.example.org"));
}

TEST_P(StoreZones, FindsAHostnameOfAZoneBelowAName) {
  add_zone("example.org");
  add_in_zone("a.shop.example.org", "example.org");
  EXPECT_EQ(store().hostname_within(name("example.org"), name("shop.example.org")).value(),
            name("a.shop.example.org"));
  EXPECT_EQ(store().hostname_within(name("example.org"), name("hop.example.org")).value(),
            std::nullopt);
}

TEST_P(StoreZones, CountsWhatAWildcardWouldCover) {
  add_zone("example.org");
  add_in_zone("example.org", "example.org");
  add_in_zone("*.example.org", "example.org");
  add_in_zone("a.example.org", "example.org");
  add_in_zone("b.example.org", "example.org");
  add_in_zone("off.example.org", "example.org", std::nullopt, HostnameMode::off);
  add_in_zone("deep.b.example.org", "example.org");
  EXPECT_EQ(store().count_below_wildcard(name("example.org"), 100).value(), 2u);
  EXPECT_EQ(store().count_below_wildcard(name("example.org"), 1).value(), 1u);
}

TEST_P(StoreZones, CountsTheHostnamesOfAZoneThatWaitForACertificate) {
  add_zone("example.org");
  add_in_zone("a.example.org", "example.org");
  add_in_zone("b.example.org", "example.org");
  add_in_zone("off.example.org", "example.org", std::nullopt, HostnameMode::off);
  add_in_zone("*.example.org", "example.org");
  add_in_zone("c.example.org", "example.org", name("*.example.org"));
  add({"other.example.net"});
  EXPECT_EQ(store().count_waiting(name("example.org"), 100).value(), 3u);
  EXPECT_EQ(store().count_waiting(name("example.org"), 2).value(), 2u);
  issue("a.example.org");
  EXPECT_EQ(store().count_waiting(name("example.org"), 100).value(), 2u);
}

TEST_P(StoreZones, ATokenIsAddedAndRemovedAndGoesWithItsTenant) {
  ASSERT_TRUE(store().put_tenant({.id = "alice"}, start));
  const ApiToken reader{.name = "reader", .hash = std::string(32, '\0'), .created = start};
  const ApiToken alice{.name = "alice-ci",
                       .scope = Scope::tenant,
                       .tenant = "alice",
                       .hash = std::string(32, 'x'),
                       .created = start,
                       .expires = start + 1h};
  ASSERT_TRUE(store().add_token(reader, start));
  ASSERT_TRUE(store().add_token(alice, start));
  EXPECT_EQ(store().add_token(alice, start).error().code, StoreErrc::conflict);
  const ApiToken nobody{.name = "x", .scope = Scope::tenant, .tenant = "bob", .hash = "h"};
  EXPECT_EQ(store().add_token(nobody, start).error().code, StoreErrc::not_found);
  reopen();
  EXPECT_THAT(store().tokens().value(), ElementsAre(alice, reader));
  EXPECT_TRUE(store().remove_tenant("alice", later));
  EXPECT_THAT(store().tokens().value(), ElementsAre(reader));
  EXPECT_EQ(store().remove_token("reader", later).value(), RemoveOutcome::removed);
  EXPECT_EQ(store().remove_token("reader", later).value(), RemoveOutcome::not_found);
  EXPECT_THAT(event_kinds("reader"), ElementsAre(EventKind::token_saved, EventKind::token_removed));
}

TEST_P(StoreWildcards, ACoveredHostnameWaitsForTheWildcardAndIsNeverOrdered) {
  add_covered("a.example.org");
  EXPECT_THAT(due_names(start), ElementsAre("*.example.org"));
  const std::vector<NewOrder> orders = {{"letsencrypt", names({"a.example.org"})}};
  EXPECT_THAT(store().create_orders(orders, start).value(), IsEmpty());
  const CertificateId certificate = issue_wildcard();
  EXPECT_EQ(detail("a.example.org").hostname.certificate, std::nullopt);
  EXPECT_THAT(served(certificate), UnorderedElementsAre("*.example.org", "a.example.org"));
  EXPECT_EQ(detail("a.example.org").hostname.certificate, certificate);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
}

TEST_P(StoreWildcards, AHostnameAddedWhileTheWildcardIsServedIsReadyAtOnce) {
  const CertificateId certificate = issue_wildcard();
  serve(certificate);
  add_covered("a.example.org");
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  EXPECT_EQ(detail("a.example.org").hostname.certificate, certificate);
}

TEST_P(StoreWildcards, AHostnameKeepsItsOwnCertificateUntilTheWildcardIsServed) {
  add_in_zone("a.example.org", "example.org");
  const CertificateId own =
      store()
          .finish_order(order_for({"a.example.org"}).id, bundle_for({"a.example.org"}), start)
          .value();
  serve(own);
  const HostnameSettings settings{
      .name = name("a.example.org"), .mode = HostnameMode::wildcard, .covered_by = wildcard_};
  ASSERT_TRUE(store().update_hostname(settings, later));
  EXPECT_EQ(detail("a.example.org").hostname.certificate, own);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  const CertificateId certificate = issue_wildcard("0B01", later);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty());
  serve(certificate, later);
  EXPECT_EQ(detail("a.example.org").hostname.certificate, certificate);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(own.value()));
}

TEST_P(StoreWildcards, ARenewedWildcardGoesToAllThatItCovers) {
  add_covered("a.example.org");
  serve(issue_wildcard("0B01"));
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), later));
  EXPECT_THAT(due_names(later), ElementsAre("*.example.org")) << "the wildcard is renewed for it";
  const CertificateId renewed = issue_wildcard("0B02", later);
  EXPECT_EQ(detail("a.example.org").hostname.certificate, renewed);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted), ElementsAre(renewed.value()));
}

TEST_P(StoreWildcards, AWildcardThatFailsLetsThoseWithoutACertificateGo) {
  add_covered("a.example.org");
  add_covered("asked.example.org", HostnameMode::wildcard);
  const OrderRecord order = order_for({"*.example.org"});
  ASSERT_TRUE(store().fail_order(order.id, {"no such zone", later + 1h}, later));
  EXPECT_EQ(detail("a.example.org").hostname.covered_by, std::nullopt);
  EXPECT_EQ(detail("asked.example.org").hostname.covered_by, wildcard_) << "it wants no other";
  EXPECT_THAT(due_names(later), ElementsAre("a.example.org"));
  EXPECT_THAT(event_kinds("a.example.org"),
              ElementsAre(EventKind::hostname_added, EventKind::hostname_uncovered));
}

TEST_P(StoreWildcards, ARenewalThatFailsLetsNobodyGo) {
  add_covered("a.example.org");
  serve(issue_wildcard());
  ASSERT_TRUE(store().request_renewal(names({"*.example.org"}), later));
  ASSERT_TRUE(
      store().fail_order(order_for({"*.example.org"}, later).id, {"away", later + 1h}, later));
  EXPECT_EQ(detail("a.example.org").hostname.covered_by, wildcard_);
}

TEST_P(StoreWildcards, AWildcardThatGoesStaysUntilThoseItCoveredHaveTheirOwn) {
  add_covered("a.example.org");
  add_covered("asked.example.org", HostnameMode::wildcard);
  const CertificateId certificate = issue_wildcard();
  serve(certificate);
  remove({"*.example.org"}, later);
  EXPECT_EQ(detail("a.example.org").hostname.covered_by, std::nullopt);
  EXPECT_EQ(detail("asked.example.org").hostname.mode, HostnameMode::automatic);
  EXPECT_EQ(detail("a.example.org").hostname.served_until, start + 24h * 90);
  EXPECT_THAT(due_names(later), ElementsAre("a.example.org", "asked.example.org"));
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty());
  std::vector<CertificateId> own;
  for (const std::string_view one : {"a.example.org", "asked.example.org"}) {
    const CertificateBundle bundle = bundle_for({one}, std::string(one));
    own.push_back(store().finish_order(order_for({one}, later).id, bundle, later).value());
  }
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty()) << "none is served yet";
  serve(own[1], later);
  reopen();
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), IsEmpty());
  serve(own[0], later);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired), ElementsAre(certificate.value()));
}

TEST_P(StoreWildcards, AWildcardThatGoesWaitsForNobodyWhoHasGoneAsWell) {
  add_covered("a.example.org");
  const CertificateId certificate = issue_wildcard();
  serve(certificate);
  remove({"*.example.org"}, later);
  const auto renew = [this](const std::string& serial) {
    EXPECT_TRUE(store().request_renewal(names({"a.example.org"}), later));
    const CertificateBundle bundle = bundle_for({"a.example.org"}, serial);
    return store().finish_order(order_for({"a.example.org"}, later).id, bundle, later).value();
  };
  renew("0C01");
  const CertificateId second = renew("0C02");
  EXPECT_THAT(certificate_ids(CertificateSelection::wanted),
              ElementsAre(certificate.value(), second.value()))
      << "the one that took the file's place has taken the other's as well";
  remove({"a.example.org"}, later);
  EXPECT_THAT(certificate_ids(CertificateSelection::retired),
              ElementsAre(certificate.value(), second.value()));
}

TEST_P(StoreWildcards, AWildcardThatIsSwitchedOffLetsAllGo) {
  add_covered("a.example.org");
  set_mode("*.example.org", HostnameMode::off, later);
  EXPECT_EQ(detail("a.example.org").hostname.covered_by, std::nullopt);
  EXPECT_THAT(due_names(later), ElementsAre("a.example.org"));
}

TEST_P(StoreWildcards, AdviceMovesNoHostnameThatIsCovered) {
  add_covered("a.example.org");
  const CertificateId certificate = issue_wildcard();
  serve(certificate);
  RenewalCheck check{.certificate = certificate};
  check.advised = RenewalCheck::Advised{{start, start + 1h, start, ""}, start + 1h};
  ASSERT_TRUE(store().save_renewal_checks(std::span(&check, 1), start));
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
  const Postponement postponement{name("a.example.org"), later};
  ASSERT_TRUE(store().postpone(std::span(&postponement, 1)));
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
}

}  // namespace
}  // namespace agent
