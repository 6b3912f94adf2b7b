#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/dns/dns_provider.h"
#include "agent/dns/dns_resolver.h"

namespace agent {

/// Which provider serves which names.
struct DnsRoute {
  std::string name{};              ///< the provider's, for messages
  std::vector<dns::Name> zones{};  ///< what it serves, with all below; empty: what nobody else does
  DnsProvider* provider = nullptr;  ///< not owned
  enum class Aliases {
    followed,  ///< the record belongs where the CNAMEs of its name end
    its_own,   ///< the provider looks after the CNAME (acme-dns)
  } aliases = Aliases::followed;
};

/// Chooses the provider by the name's longest zone, after following the CNAMEs by which the owner
/// of a name may have delegated its challenge to another zone, at most max_aliases of them.
class RoutedProvider final : public DnsProvider {
 public:
  enum class Delegation { followed, ignored };

  /// REQUIRES: the resolver and the providers outlive it.
  RoutedProvider(DnsResolver& resolver, std::vector<DnsRoute> routes, Delegation delegation)
      : resolver_(resolver), routes_(std::move(routes)), delegation_(delegation) {}

  base::asio::awaitable<Outcome> add(TxtRecord record) override;
  base::asio::awaitable<Outcome> remove(TxtRecord record) override;

  /// Where the record for `fqdn` is to be seen. Errors as of canonical_name().
  base::asio::awaitable<base::Result<dns::Name, DnsError>> destination(dns::Name fqdn);

 private:
  struct Way {
    DnsProvider* provider = nullptr;
    dns::Name fqdn;
  };
  const DnsRoute* route_for(const dns::Name& fqdn) const;
  base::asio::awaitable<base::Result<Way, DnsError>> find_way(dns::Name fqdn);

  DnsResolver& resolver_;
  const std::vector<DnsRoute> routes_;
  const Delegation delegation_;
  /// Where values were added, by fqdn and value: they are removed there, even if the CNAME has
  /// gone.
  std::map<std::pair<dns::Name, std::string>, Way> added_;
};

}  // namespace agent
