#pragma once

#include <optional>
#include <vector>

#include "agent/dns/dns_error.h"
#include "agent/dns/wire/message.h"
#include "base/asio.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace agent {

/// A name server. TCP and UDP have the same port.
using DnsServer = base::TcpEndpoint;

struct DnsQuestion {
  dns::Name name;
  dns::RecordType type;
  friend bool operator==(const DnsQuestion&, const DnsQuestion&) = default;
};

/// A reply that says something: the name has these records, or none of the type, or is not there.
struct DnsAnswer {
  dns::Message message{};
  DnsServer server{};  ///< who said it
  bool name_exists() const { return message.rcode != dns::Rcode::no_such_name; }
};

/// Asks DNS. What is looked up by the answers is in agent/dns/lookups.h. Used by one thread; many
/// questions can be under way.
class DnsResolver {
 public:
  DnsResolver() = default;
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;
  virtual ~DnsResolver() = default;

  /// Asks the configured resolvers, one after another until one answers. Errors: transient, with
  /// who said what.
  virtual base::asio::awaitable<base::Result<DnsAnswer, DnsError>> query(DnsQuestion question) = 0;
  /// Asks this server and no other, without recursion: what it knows by itself.
  virtual base::asio::awaitable<base::Result<DnsAnswer, DnsError>> query_at(
      DnsServer server, DnsQuestion question) = 0;
};

}  // namespace agent
