#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/model/limits.h"
#include "agent/model/tenant.h"
#include "agent/model/zone.h"
#include "base/domain_name.h"

namespace agent {

/// From how many hostnames on a zone's wildcard covers those that are added: its own word, else its
/// tenant's, else the configuration's. 0: never.
std::uint32_t wildcard_after(const Zone& zone,
                             const std::optional<Tenant>& tenant,
                             std::uint32_t configured);

/// What is known of a hostname that is added, and of its zone.
struct WildcardFacts {
  std::uint32_t after = 0;      ///< wildcard_after()
  std::uint64_t hostnames = 0;  ///< that the wildcard covers or would, this one not counted
  bool exists = false;          ///< the wildcard is wanted already
  bool is_requested = false;    ///< the hostname is to use the wildcard, however many there are
  /// Why the wildcard cannot be proven; nullopt if it can.
  std::optional<std::string> unprovable = std::nullopt;
  bool has_failed = false;  ///< it exists, and its last order failed
  /// Why certificates of its own would soon be refused; nullopt if they would not.
  std::optional<std::string> pressure = std::nullopt;
};

/// Whose certificate a hostname gets, and why, if that is not what the numbers say.
struct WildcardChoice {
  enum class Source { own, wildcard } source = Source::own;
  std::string reason{};  ///< for the history; may be empty
  friend bool operator==(const WildcardChoice&, const WildcardChoice&) = default;
};

/// The hostname that is number `after` in its zone gets the wildcard, and so do all that follow,
/// and all that are added while there is one; those before keep their own certificates. One that
/// comes before gets it too if an authority's limit presses. While the wildcard cannot be had,
/// hostnames go on with their own. Pure.
WildcardChoice choose_source(const WildcardFacts& facts);

/// How much of a registered domain's limit is used up.
struct DomainUse {
  std::string domain{};
  std::string authority{};
  std::uint64_t used = 0;     ///< certificates that count against the limit now
  std::uint64_t waiting = 0;  ///< hostnames of the zone that have none yet, with the one added
  RateLimit limit{};
};

/// The limit presses when what is used and waits is more than four fifths of it: the reason, as a
/// sentence. What is left is for renewals with other names and for hostnames of other zones.
std::optional<std::string> pressure_of(const DomainUse& use);

}  // namespace agent
