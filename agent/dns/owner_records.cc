#include "agent/dns/owner_records.h"

#include <algorithm>

#include "acme/answer.h"
#include "acme/persist_record.h"

namespace agent {
namespace {

class Collector {
 public:
  Collector(const base::DomainName& name,
            const DnsConfig& dns,
            std::span<const OwnerAuthority> authorities,
            const AcmeDnsTarget& acme_dns)
      : name_(name), dns_(dns), authorities_(authorities), acme_dns_(acme_dns) {}

  void add(acme::ChallengeType type) {
    switch (type) {
      case acme::ChallengeType::http_01:
      case acme::ChallengeType::tls_alpn_01:
        return note(std::string(acme::name_of(type)) +
                    " needs no record but the name's own address");
      case acme::ChallengeType::dns_01: return add_alias(type, "", challenge_name(""));
      case acme::ChallengeType::dns_account_01: return add_account_aliases();
      case acme::ChallengeType::dns_persist_01: return add_standing();
    }
  }
  OwnerRecords take() { return std::move(found_); }

 private:
  void note(std::string text) { found_.notes.push_back(std::move(text)); }

  std::string challenge_name(const std::string& label) const {
    return label + (label.empty() ? "" : ".") + "_acme-challenge." + std::string(name_.bare());
  }

  void add_account_aliases() {
    for (const OwnerAuthority& authority : authorities_) {
      if (is_unregistered(authority)) continue;
      add_alias(acme::ChallengeType::dns_account_01,
                authority.name,
                challenge_name(acme::account_label(authority.account_url)));
    }
  }

  /// Then its account URL, which is part of the record, is not known.
  bool is_unregistered(const OwnerAuthority& authority) {
    if (!authority.account_url.empty()) return false;
    note("authority " + authority.name +
         " has no account yet: it is registered with the first order");
    return true;
  }

  void add_standing() {
    const acme::Identifier identifier(name_);
    for (const OwnerAuthority& authority : authorities_) {
      if (is_unregistered(authority)) continue;
      if (authority.issuer_domains.empty()) {
        note("authority " + authority.name +
             " does not say its issuer domain; it is told with the challenge");
        continue;
      }
      found_.records.push_back(
          {acme::ChallengeType::dns_persist_01,
           authority.name,
           "TXT",
           acme::persist_name(identifier),
           acme::persist_record(
               authority.issuer_domains.front(), authority.account_url, identifier)});
    }
  }

  void add_alias(acme::ChallengeType method, const std::string& authority, std::string text) {
    const auto name = dns::Name::parse(text);
    if (!name) return note(text + ": " + name.error());
    const DnsProviderConfig* provider = provider_of(*name);
    if (provider == nullptr) return suggest_alias(method, authority, text);
    if (provider->type != DnsProviderType::acme_dns) {
      return note(text + " needs no record of yours: provider " + provider->name +
                  " serves its zone");
    }
    const std::string target = acme_dns_(*provider, *name);
    if (target.empty()) {
      return note(text + " is registered with provider " + provider->name +
                  " at the first order; ask again then for its CNAME");
    }
    found_.records.push_back({method, authority, "CNAME", std::move(text), target});
  }

  /// The longest zone counts (RoutedProvider).
  const DnsProviderConfig* provider_of(const dns::Name& name) const {
    const DnsProviderConfig* best = nullptr;
    std::size_t labels = 0;
    for (const DnsProviderConfig& provider : dns_.providers) {
      if (provider.zones.empty() && best == nullptr) best = &provider;
      for (const dns::Name& zone : provider.zones) {
        if (!name.is_within(zone) || (labels > 0 && zone.labels() <= labels)) continue;
        best = &provider;
        labels = zone.labels();
      }
    }
    return best;
  }

  void suggest_alias(acme::ChallengeType method, const std::string& authority, std::string text) {
    const auto provider = std::find_if(
        dns_.providers.begin(), dns_.providers.end(), [](const DnsProviderConfig& candidate) {
          return !candidate.zones.empty() && candidate.type != DnsProviderType::acme_dns;
        });
    if (provider == dns_.providers.end() || dns_.delegation == DnsDelegation::ignore) {
      return note("no DNS provider is configured for " + text);
    }
    const std::string target =
        text.substr(text.find("_acme-challenge.") + 16) + "." + provider->zones.front().text();
    const bool is_of_account = method == acme::ChallengeType::dns_account_01;
    const std::string label = is_of_account ? text.substr(0, text.find('.')) + "." : "";
    found_.records.push_back({method, authority, "CNAME", std::move(text), label + target});
  }

  const base::DomainName& name_;
  const DnsConfig& dns_;
  const std::span<const OwnerAuthority> authorities_;
  const AcmeDnsTarget& acme_dns_;
  OwnerRecords found_;
};

}  // namespace

OwnerRecords owner_records(const base::DomainName& name,
                           const ChallengePolicy& policy,
                           const DnsConfig& dns,
                           std::span<const OwnerAuthority> authorities,
                           const AcmeDnsTarget& acme_dns) {
  Collector collector(name, dns, authorities, acme_dns);
  for (const acme::ChallengeType type : policy.types_for(name)) collector.add(type);
  return collector.take();
}

}  // namespace agent
