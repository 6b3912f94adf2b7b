#pragma once

#include "tests/agent/store/store_conformance.h"

namespace agent {

/// Tenants, zones and who owns which hostname.
class StoreZones : public StoreConformance {
 protected:
  void add_zone(std::string_view text, const std::string& tenant = "alice") {
    ASSERT_TRUE(store().put_tenant({.id = tenant}, start));
    ASSERT_TRUE(store().put_zone({name(text), tenant}, start));
  }
  void add_in_zone(std::string_view text,
                   std::string_view zone,
                   std::optional<base::DomainName> covered_by = std::nullopt,
                   HostnameMode mode = HostnameMode::automatic) {
    const HostnameSettings settings{
        .name = name(text), .mode = mode, .zone = name(zone), .covered_by = covered_by};
    ASSERT_TRUE(store().add_hostnames(std::span(&settings, 1), start));
  }
  std::vector<std::string> zone_names(const ZoneQuery& query) {
    std::vector<std::string> result;
    const std::vector<Zone> zones = store().zones(query).value();
    for (const Zone& zone : zones) result.push_back(zone.name.text());
    return result;
  }
};

/// What a wildcard covers. Every test begins with the zone example.org and its wildcard, not
/// ordered.
class StoreWildcards : public StoreZones {
 protected:
  const base::DomainName wildcard_ = name("*.example.org");

  void SetUp() override {
    add_zone("example.org");
    add_in_zone("*.example.org", "example.org");
  }
  void add_covered(std::string_view text, HostnameMode mode = HostnameMode::automatic) {
    add_in_zone(text, "example.org", wildcard_, mode);
  }
  CertificateId issue_wildcard(const std::string& serial = "0B01", base::WallTime now = start) {
    return store()
        .finish_order(
            order_for({"*.example.org"}, now).id, bundle_for({"*.example.org"}, serial), now)
        .value();
  }
  std::vector<std::string> served(CertificateId id) {
    std::vector<std::string> changed;
    const std::vector<base::DomainName> all = store().mark_served(std::vector{id}, start).value();
    for (const base::DomainName& one : all) changed.push_back(one.text());
    return changed;
  }
};

}  // namespace agent
