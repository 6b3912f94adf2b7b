#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "agent/challenge/challenge_policy.h"
#include "agent/config/dns_config.h"
#include "base/domain_name.h"

namespace agent {

/// What of an authority stands in an owner's records.
struct OwnerAuthority {
  std::string name{};                         ///< in the configuration
  std::string account_url{};                  ///< empty until it is registered
  std::vector<std::string> issuer_domains{};  ///< its CAA identities (RFC 8659)
};

/// A record that the owner of a hostname sets once.
struct OwnerRecord {
  acme::ChallengeType method{};  ///< what it makes possible
  std::string authority{};       ///< that it is for; empty: for all
  std::string type{};            ///< `CNAME`, `TXT`
  std::string name{};            ///< without a trailing dot
  std::string value{};           ///< a CNAME's without a trailing dot; a TXT's without quotes
  friend bool operator==(const OwnerRecord&, const OwnerRecord&) = default;
};

struct OwnerRecords {
  std::vector<OwnerRecord> records{};
  std::vector<std::string> notes{};  ///< sentences: what needs no record, or cannot be said yet
};

/// Where an acme-dns server has the name's records; empty if it is not registered there yet.
using AcmeDnsTarget =
    std::function<std::string(const DnsProviderConfig& provider, const dns::Name& name)>;

/// The records that let us prove `name` in the ways that the policy allows: for dns-persist-01 the
/// standing TXT of each authority, for dns-01 and dns-account-01 the CNAME into a zone that one of
/// the providers serves, unless a provider serves the name itself. Where the owner may choose the
/// CNAME's end, one is suggested. Pure, but for `acme_dns`.
OwnerRecords owner_records(const base::DomainName& name,
                           const ChallengePolicy& policy,
                           const DnsConfig& dns,
                           std::span<const OwnerAuthority> authorities,
                           const AcmeDnsTarget& acme_dns);

}  // namespace agent
