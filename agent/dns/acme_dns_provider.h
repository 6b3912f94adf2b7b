#pragma once

#include <string>

#include "acme/http_client.h"
#include "agent/dns/acme_dns_accounts.h"
#include "agent/dns/dns_provider.h"
#include "agent/dns/dns_resolver.h"
#include "agent/dns/slots.h"

namespace agent {

/// An acme-dns server: each name is registered once, its owner sets one CNAME once, and values go
/// to where that points. The server keeps the two newest values of a name and forgets the rest, so
/// there is nothing to remove.
class AcmeDnsProvider final : public DnsProvider {
 public:
  /// `server` is its URL without a slash at the end, `folder` where accounts are kept. REQUIRES:
  /// the references outlive it.
  AcmeDnsProvider(acme::HttpClient& client,
                  DnsResolver& resolver,
                  base::asio::thread_pool& pool,
                  std::string server,
                  std::string folder)
      : client_(client),
        resolver_(resolver),
        pool_(pool),
        server_(std::move(server)),
        accounts_(std::move(folder)) {}

  /// REQUIRES: fqdn as the authority asks for it, aliases not followed. Errors: configuration with
  /// the exact record to create, while the CNAME is not there.
  base::asio::awaitable<Outcome> add(TxtRecord record) override;
  base::asio::awaitable<Outcome> remove(TxtRecord record) override;

 private:
  using AccountResult = base::Result<AcmeDnsAccount, DnsError>;

  base::asio::awaitable<AccountResult> account_of(dns::Name fqdn);
  base::asio::awaitable<AccountResult> load_or_register(dns::Name fqdn);
  base::asio::awaitable<AccountResult> register_name(dns::Name fqdn);
  base::asio::awaitable<Outcome> check_alias(const dns::Name& fqdn, const AcmeDnsAccount& account);
  base::asio::awaitable<base::Result<acme::HttpResponse, DnsError>> post(acme::HttpRequest request);
  acme::HttpRequest request_to(const std::string& path, std::string body) const;

  acme::HttpClient& client_;
  DnsResolver& resolver_;
  base::asio::thread_pool& pool_;
  const std::string server_;
  const AcmeDnsAccounts accounts_;
  Slots registering_{1};
};

}  // namespace agent
