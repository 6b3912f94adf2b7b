#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/dns/dns_resolver.h"

namespace agent {

/// How far CNAMEs are followed (RFC 8555 leaves it to the authority; Boulder's resolver has 8 and
/// more).
inline constexpr int max_aliases = 8;

/// The records of one type, CNAMEs followed.
struct FoundRecords {
  dns::Name name;                       ///< where they are
  std::vector<dns::RecordData> data{};  ///< empty: there are none
  bool name_exists = true;
};

/// What `name` has of `type`. Errors: transient without an answer; configuration for CNAMEs in a
/// loop or more than max_aliases in a row.
base::asio::awaitable<base::Result<FoundRecords, DnsError>> look_up(DnsResolver& resolver,
                                                                    dns::Name name,
                                                                    dns::RecordType type);

/// The TXT values of `name`, CNAMEs followed.
base::asio::awaitable<base::Result<std::vector<std::string>, DnsError>> look_up_texts(
    DnsResolver& resolver, dns::Name name);

/// The addresses of `name`, IPv6 first.
base::asio::awaitable<base::Result<std::vector<std::string>, DnsError>> look_up_addresses(
    DnsResolver& resolver, dns::Name name);

/// The end of the CNAMEs that begin at `name`, whether there is anything or not: where a delegated
/// challenge's record belongs. Errors as of look_up().
base::asio::awaitable<base::Result<dns::Name, DnsError>> canonical_name(DnsResolver& resolver,
                                                                        dns::Name name);

struct DnsZone {
  dns::Name apex;
  dns::Name primary;  ///< the SOA's MNAME
  friend bool operator==(const DnsZone&, const DnsZone&) = default;
};

/// The zone that `name` is in, by SOA questions upwards. REQUIRES: no alias at `name`. Errors:
/// transient without an answer; configuration if no zone but the root is found.
base::asio::awaitable<base::Result<DnsZone, DnsError>> zone_of(DnsResolver& resolver,
                                                               dns::Name name);

struct NameServer {
  dns::Name name;
  std::vector<std::string> addresses{};
  friend bool operator==(const NameServer&, const NameServer&) = default;
};

/// The zone's NS with their addresses. Errors: transient without an answer; configuration if there
/// is no NS, or none of them has an address.
base::asio::awaitable<base::Result<std::vector<NameServer>, DnsError>> name_servers(
    DnsResolver& resolver, dns::Name apex);

/// The values of `data` that are a `T`.
template <class T>
std::vector<T> values_of(const std::vector<dns::RecordData>& data) {
  std::vector<T> values;
  for (const dns::RecordData& one : data) {
    if (const T* value = std::get_if<T>(&one)) values.push_back(*value);
  }
  return values;
}

}  // namespace agent
