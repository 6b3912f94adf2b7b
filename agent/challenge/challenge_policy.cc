#include "agent/challenge/challenge_policy.h"

#include <algorithm>

namespace agent {
namespace {

std::string listed(const std::vector<acme::ChallengeType>& types) {
  std::string text;
  for (const acme::ChallengeType type : types) {
    text += (text.empty() ? "" : ", ") + std::string(acme::name_of(type));
  }
  return text;
}

const std::vector<acme::ChallengeType>& configured_for(const ChallengePolicy& policy,
                                                       const base::DomainName& name) {
  for (const ChallengeRule& rule : policy.rules) {
    const bool is_named = std::any_of(
        rule.names.begin(), rule.names.end(), [&](const auto& one) { return covers(one, name); });
    if (is_named) return rule.types;
  }
  return policy.types;
}

}  // namespace

bool covers(const base::DomainName& pattern, const base::DomainName& name) {
  if (pattern == name) return true;
  if (!pattern.is_wildcard() || name.is_address()) return false;
  const std::string_view bare = name.bare();
  const std::string_view zone = pattern.bare();
  // `*.sub.example.org` is below `*.example.org`; `*.example.org` was equal above.
  return bare.size() > zone.size() && bare.ends_with(zone) &&
         bare[bare.size() - zone.size() - 1] == '.';
}

bool ChallengePolicy::uses(acme::ChallengeType type) const {
  const auto has = [type](const std::vector<acme::ChallengeType>& list) {
    return std::find(list.begin(), list.end(), type) != list.end();
  };
  return has(types) || std::any_of(rules.begin(), rules.end(), [&has](const ChallengeRule& rule) {
           return has(rule.types);
         });
}

std::vector<acme::ChallengeType> ChallengePolicy::types_for(const base::DomainName& name,
                                                            std::uint32_t failures,
                                                            ChallengePath path) const {
  std::vector<acme::ChallengeType> fitting = configured_for(*this, name);
  const acme::Identifier identifier(name);
  std::erase_if(fitting, [&](acme::ChallengeType type) {
    const bool is_allowed = type != acme::ChallengeType::http_01 || path == ChallengePath::answered;
    return !is_allowed || !acme::can_prove(type, identifier);
  });
  if (!fitting.empty()) {
    const auto first = static_cast<std::ptrdiff_t>(failures % fitting.size());
    std::rotate(fitting.begin(), fitting.begin() + first, fitting.end());
  }
  return fitting;
}

std::optional<std::string> ChallengePolicy::refusal(const base::DomainName& name,
                                                    ChallengePath path) const {
  if (!types_for(name, 0, path).empty()) return std::nullopt;
  if (!types_for(name).empty()) {
    return "http-01 is the only way configured to prove " + name.text() +
           ", and its challenge path is to be left alone; allowed would be challenge_path "
           "answered, "
           "or another type in challenges.types or in a rule of challenges.rules";
  }
  const std::string configured = listed(configured_for(*this, name));
  if (name.is_wildcard()) {
    return "a wildcard can only be proven by DNS, and the types configured for " + name.text() +
           " are: " + configured +
           "; expected dns-01, dns-account-01 or dns-persist-01 in challenges.types or in a rule "
           "of challenges.rules";
  }
  return "an IP address cannot be proven by DNS, and the types configured for " + name.text() +
         " are: " + configured +
         "; expected http-01 or tls-alpn-01 in challenges.types or in a rule of challenges.rules";
}

}  // namespace agent
