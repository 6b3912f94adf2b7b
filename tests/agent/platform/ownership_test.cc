#include "agent/platform/ownership.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/model/hostname_input.h"
#include "agent/planner/registered_domain.h"

namespace agent {
namespace {

base::DomainName name(std::string_view text) {
  return parse_hostname(text, "name").value();
}

/// The zones of the tables below.
const std::map<std::string, std::string>& tenants_by_zone() {
  static const std::map<std::string, std::string> zones = {{"example.org", "alice"},
                                                           {"shop.example.org", "bob"},
                                                           {"deep.a.example.org", "alice"},
                                                           {"foo.example.net", "bob"},
                                                           {"xn--mller-kva.example", "alice"}};
  return zones;
}

std::optional<Zone> find(const base::DomainName& zone) {
  const auto found = tenants_by_zone().find(zone.text());
  if (found == tenants_by_zone().end()) return std::nullopt;
  return Zone{zone, found->second};
}

const Actor admin{Scope::admin, "", "socket"};
const Actor reader{Scope::read_only, "", "token reader"};

Actor tenant(const std::string& id) {
  return {Scope::tenant, id, "token " + id};
}

/// The rule that refuses the hostname; empty if it is allowed.
std::string verdict(const Actor& actor, std::string_view text) {
  const base::DomainName wanted = name(text);
  HostnameFacts facts{.owner = owning_zone(wanted, find)};
  facts.is_public_suffix = is_public_suffix(wanted);
  for (const auto& [zone, owner] : tenants_by_zone()) {
    const base::DomainName below = name(zone);
    const bool is_below = wanted.is_wildcard() && is_within(below, name(wanted.bare()));
    if (is_below && owner == actor.tenant) facts.own_zone_below = below;
  }
  const auto violation = refuse_hostname(actor, wanted, facts);
  return violation ? violation->rule : "";
}

struct Case {
  std::string_view hostname;
  std::string_view rule;
};

TEST(WhoMayHaveAHostname, ATenantInsideItsZonesOnly) {
  const std::vector<Case> cases = {
      {"example.org", ""},
      {"EXAMPLE.org.", ""},
      {"www.example.org", ""},
      {"a.b.c.example.org", ""},
      {"www.müller.example", ""},
      {"www.xn--mller-kva.example", ""},
      // Delegated to bob, with all below it.
      {"shop.example.org", "zone-of-another-tenant"},
      {"www.shop.example.org", "zone-of-another-tenant"},
      // A delegation back to alice, below a name that is hers as well.
      {"x.deep.a.example.org", ""},
      // Look-alikes.
      {"notexample.org", "outside-zones"},
      {"example.org.evil.net", "outside-zones"},
      {"example.com", "outside-zones"},
      {"exаmple.org", "outside-zones"},  // a Cyrillic letter
      {"muller.example", "outside-zones"},
      {"foo.example.net", "zone-of-another-tenant"},
      {"192.0.2.1", "outside-zones"},
  };
  for (const Case& one : cases)
    EXPECT_EQ(verdict(tenant("alice"), one.hostname), one.rule) << one.hostname;
}

// "Nobody can get the wildcard of a zone that is not theirs: a delegation on foo.example.org gives
// foo.example.org, not *.example.org."
TEST(WhoMayHaveAHostname, AWildcardBelongsToTheZoneThatItCovers) {
  const std::vector<std::tuple<std::string, std::string_view, std::string_view>> cases = {
      {"bob", "foo.example.net", ""},
      {"bob", "*.foo.example.net", ""},
      {"bob", "*.x.foo.example.net", ""},
      {"bob", "*.example.net", "wildcard-above-delegation"},
      {"bob", "*.example.org", "wildcard-above-delegation"},
      {"bob", "*.shop.example.org", ""},
      {"alice", "*.example.org", ""},
      {"alice", "*.shop.example.org", "zone-of-another-tenant"},
      {"alice", "*.notexample.org", "outside-zones"},
      {"alice", "*.org", "public-suffix"},
      {"alice", "*.co.uk", "public-suffix"},
  };
  for (const auto& [id, hostname, rule] : cases) {
    const auto parsed = parse_hostname(hostname, "name");
    if (!parsed) {
      EXPECT_EQ(rule, "public-suffix") << hostname;  // `*.org` is no hostname at all
      continue;
    }
    EXPECT_EQ(verdict(tenant(id), hostname), rule) << id << " " << hostname;
  }
}

TEST(WhoMayHaveAHostname, AnAdminAnywhereButNotTheWildcardOfAPublicSuffix) {
  EXPECT_EQ(verdict(admin, "www.shop.example.org"), "");
  EXPECT_EQ(verdict(admin, "in.no.zone.example"), "");
  EXPECT_EQ(verdict(admin, "192.0.2.1"), "");
  EXPECT_EQ(verdict(admin, "*.co.uk"), "public-suffix");
}

TEST(WhoMayHaveAHostname, AReaderNowhere) {
  EXPECT_EQ(verdict(reader, "www.example.org"), "read-only");
}

TEST(WhoMayHaveAHostname, IsToldWhatWouldBeAllowed) {
  const base::DomainName wanted = name("*.example.net");
  const auto violation =
      refuse_hostname(tenant("bob"), wanted, {.own_zone_below = name("foo.example.net")});
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->detail,
            "*.example.net covers more than your zone foo.example.net; allowed would be "
            "*.foo.example.net");
  const auto foreign = refuse_hostname(
      tenant("bob"), name("www.example.org"), {.owner = Zone{name("example.org"), "alice"}});
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->detail.find("alice"), std::string::npos) << "names another tenant";
}

/// The rule that refuses the zone; empty if it is allowed.
std::string verdict(const Actor& actor, const Zone& wanted, const ZoneFacts& facts = {}) {
  const auto violation = refuse_zone(actor, wanted, facts);
  return violation ? violation->rule : "";
}

TEST(WhoMayHaveAZone, AnAdminGivesZonesThatAreRegisteredNames) {
  EXPECT_EQ(verdict(admin, {name("example.org"), "alice"}), "");
  EXPECT_EQ(verdict(admin, {name("*.example.org"), "alice"}), "zone-name");
  EXPECT_EQ(verdict(admin, {name("192.0.2.1"), "alice"}), "zone-name");
  EXPECT_EQ(verdict(admin, {name("co.uk"), "alice"}, {.is_public_suffix = true}), "public-suffix");
  EXPECT_EQ(verdict(reader, {name("example.org"), "alice"}), "read-only");
}

TEST(WhoMayHaveAZone, AZoneDoesNotChangeHands) {
  const ZoneFacts facts{.existing = Zone{name("example.org"), "alice"}};
  EXPECT_EQ(verdict(admin, {name("example.org"), "bob"}, facts), "zone-of-another-tenant");
  EXPECT_EQ(verdict(admin, {name("example.org"), "alice"}, facts), "");
}

TEST(WhoMayHaveAZone, ADelegationTakesNoHostnameFromAnother) {
  ZoneFacts facts{.enclosing = Zone{name("example.org"), "alice"}};
  EXPECT_EQ(verdict(admin, {name("shop.example.org"), "bob"}, facts), "");
  facts.foreign_hostname = name("www.shop.example.org");
  EXPECT_EQ(verdict(admin, {name("shop.example.org"), "bob"}, facts), "hostname-of-another-tenant");
}

TEST(WhoMayHaveAZone, ATenantInsideItsOwnZones) {
  const ZoneFacts inside{.enclosing = Zone{name("example.org"), "alice"}};
  EXPECT_EQ(verdict(tenant("alice"), {name("shop.example.org"), "alice"}, inside), "");
  EXPECT_EQ(verdict(tenant("alice"), {name("shop.example.org"), "bob"}, inside), "another-tenant");
  EXPECT_EQ(verdict(tenant("bob"), {name("shop.example.org"), "bob"}, inside), "outside-zones");
  EXPECT_EQ(verdict(tenant("alice"), {name("example.com"), "alice"}), "outside-zones");
  const ZoneFacts own{.existing = Zone{name("example.org"), "alice"}};
  EXPECT_EQ(verdict(tenant("alice"), {name("example.org"), "alice"}, own), "");
}

TEST(Zones, HaveWholeLabelsBelowThem) {
  const base::DomainName zone = name("example.org");
  EXPECT_TRUE(is_within(name("example.org"), zone));
  EXPECT_TRUE(is_within(name("*.example.org"), zone));
  EXPECT_FALSE(is_within(name("notexample.org"), zone));
  EXPECT_TRUE(is_covered_by_wildcard_of(name("www.example.org"), zone));
  EXPECT_FALSE(is_covered_by_wildcard_of(name("example.org"), zone));
  EXPECT_FALSE(is_covered_by_wildcard_of(name("a.www.example.org"), zone));
  EXPECT_FALSE(is_covered_by_wildcard_of(name("*.www.example.org"), zone));
  EXPECT_FALSE(is_covered_by_wildcard_of(name("notexample.org"), zone));
}

}  // namespace
}  // namespace agent
