#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/types.h"
#include "agent/model/hostname.h"
#include "base/domain_name.h"

namespace agent {

/// Whether a pattern of the configuration has a name: `example.org` is that name alone,
/// `*.example.org` is all names below it, `*.example.org` included.
bool covers(const base::DomainName& pattern, const base::DomainName& name);

/// How some names may be proven. A value.
struct ChallengeRule {
  std::vector<base::DomainName> names{};     ///< patterns, see covers(); at least one
  std::vector<acme::ChallengeType> types{};  ///< best first; at least one
  friend bool operator==(const ChallengeRule&, const ChallengeRule&) = default;
};

/// The configuration's word on challenges.
struct ChallengePolicy {
  std::vector<acme::ChallengeType> types = {acme::ChallengeType::http_01};  ///< best first
  std::vector<ChallengeRule> rules{};  ///< the first that has a name goes before `types`

  /// Whether any name may be proven in this way.
  bool uses(acme::ChallengeType type) const;

  /// What the next order of a name may try, best first: those of its types that can prove it, and
  /// http-01 only where its challenge path is answered. An
  /// order that follows `failures` failed ones in a row begins with another type, if there is one
  /// (a type whose handshake fails today fails tomorrow).
  std::vector<acme::ChallengeType> types_for(const base::DomainName& name,
                                             std::uint32_t failures = 0,
                                             ChallengePath path = ChallengePath::answered) const;

  /// Why no certificate can ever be had for this name, as a sentence that names the configuration's
  /// key; nullopt if one can.
  std::optional<std::string> refusal(const base::DomainName& name,
                                     ChallengePath path = ChallengePath::answered) const;

  friend bool operator==(const ChallengePolicy&, const ChallengePolicy&) = default;
};

}  // namespace agent
