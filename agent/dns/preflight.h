#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/caa.h"
#include "acme/error.h"
#include "acme/http_client.h"
#include "agent/dns/dns_resolver.h"
#include "base/domain_name.h"

namespace agent {

struct PreflightOptions {
  bool caa = true;
  bool address = true;
  bool http = true;
  /// Where names have to point to, `192.0.2.1` or RFC 5952 text; empty: anywhere.
  std::vector<std::string> own_addresses{};
};

/// The http-01 answer that is up already; it is fetched as the authority would.
struct TokenProbe {
  acme::Token token;
  acme::KeyAuthorization answer;
};

struct PreflightQuestion {
  base::DomainName name;  ///< with its star
  /// identities, account_url and challenge; whether it is a wildcard follows from the name.
  acme::CaaQuestion caa{};
  /// Of http-01 and tls-alpn-01: the authority connects to the name.
  enum class Reach { needed, not_needed } reach = Reach::needed;
  std::optional<TokenProbe> probe = std::nullopt;  ///< of http-01
};

/// Whether an order is worth a try. Ours is one view of DNS and the network; so only what is clear
/// forbids.
struct PreflightVerdict {
  enum class Decision { go, stop } decision = Decision::go;
  acme::Errc cause{};  ///< what the authority would say of the first obstacle; none of `go`
  /// For the owner of the name: what forbids, and what would be right.
  std::vector<std::string> obstacles{};
  /// What could not be found out, or looks odd.
  std::vector<std::string> doubts{};
};

/// Looks at a name before an authority does: a failure there is counted.
class Preflight {
 public:
  /// REQUIRES: the references outlive it.
  Preflight(DnsResolver& resolver, acme::HttpClient& client, PreflightOptions options)
      : resolver_(resolver), client_(client), options_(std::move(options)) {}

  base::asio::awaitable<PreflightVerdict> check(PreflightQuestion question);

 private:
  base::asio::awaitable<void> check_caa(const PreflightQuestion& question,
                                        PreflightVerdict& verdict);
  base::asio::awaitable<void> check_address(const dns::Name& name, PreflightVerdict& verdict);
  base::asio::awaitable<void> check_http(const PreflightQuestion& question,
                                         PreflightVerdict& verdict);

  DnsResolver& resolver_;
  acme::HttpClient& client_;
  const PreflightOptions options_;
};

}  // namespace agent
