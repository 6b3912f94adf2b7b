#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/model/actor.h"
#include "agent/model/hostname.h"
#include "agent/platform/ownership.h"
#include "agent/platform/platform_rules.h"
#include "agent/platform/wildcard_policy.h"
#include "agent/store/store.h"

namespace agent {

/// What somebody wants of one hostname; a member left out keeps its value.
struct HostnameWish {
  base::DomainName name;
  std::optional<HostnameMode> mode = std::nullopt;
  std::optional<HttpsRedirect> https_redirect = std::nullopt;
  std::optional<ChallengePath> challenge_path = std::nullopt;
};

/// A wish that breaks a rule: nothing of it was done.
struct RefusedName {
  std::size_t index = 0;  ///< in what was given
  RuleViolation violation;
};

/// What became of wishes.
struct HostnameChange {
  /// One a wish that was carried out, in the given order; nullopt: refused.
  std::vector<std::optional<AddOutcome>> outcomes{};
  std::vector<RefusedName> refused{};
  /// Whatever changed, wildcards that came of it included.
  std::vector<base::DomainName> changed{};
};

/// Why a zone can have no wildcard; nullopt if it can.
std::optional<std::string> wildcard_refusal(const Zone& zone, const PlatformRules& rules);

/// Whether one wish that breaks a rule keeps the others from being carried out.
enum class OnRefusal { refuse_all, refuse_one };

/// The one place where it is decided who may have which hostname, and whose certificate it gets:
/// the rules of ownership, then the wildcard policy of its zone, then one call to the store. Works
/// inside one call of a Database; what is refused has changed nothing.
class HostnameChanges {
 public:
  /// REQUIRES: they outlive us.
  HostnameChanges(Store& store, const PlatformRules& rules, const Actor& actor, base::WallTime now)
      : store_(store), rules_(rules), actor_(actor), now_(now) {}

  StoreResult<HostnameChange> put(std::span<const HostnameWish> wishes, OnRefusal on_refusal);

  /// Why the actor may not change, remove or renew it; nullopt if it may. Also for hostnames that
  /// are not there.
  StoreResult<std::optional<RuleViolation>> refusal(const base::DomainName& name);

 private:
  using Verdict = StoreResult<std::optional<RuleViolation>>;

  StoreResult<std::optional<Zone>> find_owner(const base::DomainName& name);
  Verdict check_ownership(const base::DomainName& name, const std::optional<Zone>& owner);
  Verdict add_settings(const HostnameWish& wish);
  std::optional<RuleViolation> check_provable(const HostnameWish& wish,
                                              const std::optional<HostnameDetail>& before,
                                              const std::optional<Zone>& owner) const;
  /// The wildcard that is to cover it, wanted from now on; nullopt: it gets its own certificate.
  StoreResult<std::optional<base::DomainName>> find_cover(const HostnameWish& wish,
                                                          const Zone& zone);
  StoreResult<std::optional<std::string>> find_pressure(const base::DomainName& name,
                                                        const Zone& zone);
  StoreResult<WildcardChoice> choose(const HostnameWish& wish, const Zone& zone);

  Store& store_;
  const PlatformRules& rules_;
  const Actor& actor_;
  const base::WallTime now_;
  std::vector<HostnameSettings> settings_;
  std::map<base::DomainName, std::optional<Zone>> zones_;  ///< as far as they were asked for
  std::map<base::DomainName, std::uint64_t> added_;        ///< by zone: those not in the store yet
  std::set<base::DomainName> wildcards_;  ///< that are wanted from now on: in settings_
};

}  // namespace agent
