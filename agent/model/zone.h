#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/domain_name.h"

namespace agent {

/// How names of a zone may be proven by DNS. The numbers are stored.
enum class ZoneDns {
  none = 0,        ///< not at all: no wildcard
  configured = 1,  ///< by the provider that the configuration has for the name
};

std::string_view to_string(ZoneDns dns);  ///< `none`, `configured`
std::optional<ZoneDns> parse_zone_dns(std::string_view text);

/// A DNS subtree that a tenant owns: the name itself and all below it, but for the subtrees that
/// are zones of their own. A value; the store has the truth.
struct Zone {
  base::DomainName name;  ///< neither wildcard nor address
  std::string tenant{};   ///< its owner's id
  ZoneDns dns = ZoneDns::configured;
  /// From this many hostnames on, counted are those that `*.name` covers, the wildcard covers those
  /// that are added; 0: never. nullopt: as the tenant.
  std::optional<std::uint32_t> wildcard_after = std::nullopt;
  base::WallTime created{};

  friend bool operator==(const Zone&, const Zone&) = default;
};

/// Whether the name is the zone's or below it, by whole labels; a wildcard by its bare name, so
/// that `*.example.org` is in the zone example.org. An address is in no zone.
bool is_within(const base::DomainName& name, const base::DomainName& zone);

/// Whether a certificate for `*.zone` is good for the name: one label below, no wildcard itself
/// (RFC 6125 §6.4.3).
bool is_covered_by_wildcard_of(const base::DomainName& name, const base::DomainName& zone);

/// `*.zone`. REQUIRES: the zone is neither wildcard nor address, and at most 251 bytes long.
base::DomainName wildcard_of(const base::DomainName& zone);

}  // namespace agent
