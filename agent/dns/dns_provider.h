#pragma once

#include <string>

#include "agent/dns/dns_error.h"
#include "agent/dns/wire/name.h"
#include "base/asio.h"
#include "base/result.h"

namespace agent {

/// What programs and services in the way of other ACME clients want to know beside the record.
/// Empty where it is not known; nothing depends on it but the forms that say so.
struct ChallengeFacts {
  std::string domain{};             ///< `example.com`, without star and `_acme-challenge`
  std::string token{};              ///< of the challenge
  std::string key_authorization{};  ///< RFC 8555 §8.1
  friend bool operator==(const ChallengeFacts&, const ChallengeFacts&) = default;
};

/// One TXT value to be seen at one name. Several may be wanted at the same name at once (RFC 8555
/// §8.4: the apex and the wildcard of one order).
struct TxtRecord {
  dns::Name fqdn;     ///< `_acme-challenge.example.com`
  std::string value;  ///< printable ASCII without a quote, at most 255 bytes; dns-01: 43 base64url
  ChallengeFacts challenge{};
  friend bool operator==(const TxtRecord&, const TxtRecord&) = default;
};

/// One way to publish TXT records. Used by one thread; many calls can be under way, and a provider
/// orders and bundles them as its service wants it.
class DnsProvider {
 public:
  using Outcome = base::Result<void, DnsError>;

  DnsProvider() = default;
  DnsProvider(const DnsProvider&) = delete;
  DnsProvider& operator=(const DnsProvider&) = delete;
  virtual ~DnsProvider() = default;

  /// Adds the value beside what is there; once is as good as many times. When it returns the
  /// service has taken it; whether the world sees it is Propagation's question.
  virtual base::asio::awaitable<Outcome> add(TxtRecord record) = 0;
  /// Removes exactly this value and no other; one that is not there is a success. To be called also
  /// after a failed add(), and after a restart.
  virtual base::asio::awaitable<Outcome> remove(TxtRecord record) = 0;
};

}  // namespace agent
