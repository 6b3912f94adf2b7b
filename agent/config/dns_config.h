#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/dns/wire/name.h"
#include "base/endpoint.h"

namespace agent {

/// The sections `dns` and `preflight`; docs/dns.md says what they mean to an operator. Values.

/// Whose programs they were written for.
enum class HookDialect {
  lego,        ///< `PROGRAM present|cleanup FQDN. VALUE`: lego's exec
  lego_raw,    ///< `PROGRAM present|cleanup -- DOMAIN TOKEN KEYAUTH`: the same in RAW mode
  dehydrated,  ///< `PROGRAM deploy_challenge|clean_challenge DOMAIN TOKEN VALUE`
  certbot,     ///< two programs, by the environment: CERTBOT_DOMAIN, CERTBOT_VALIDATION, …
};
std::string_view to_string(HookDialect dialect);  ///< `lego-raw`, as in the file

enum class DnsProviderType { rfc2136, program, http, acme_dns };
std::string_view to_string(DnsProviderType type);  ///< `acme-dns`, as in the file

/// What an HTTP hook is sent.
enum class HttpHookMode { record, raw };
std::string_view to_string(HttpHookMode mode);

struct DnsProviderConfig {
  std::string name{};  ///< 1 to 32 of a-z 0-9 - _; unique
  DnsProviderType type = DnsProviderType::rfc2136;
  std::vector<dns::Name> zones{};  ///< empty: what no other provider serves
  std::chrono::milliseconds timeout = std::chrono::seconds(30);

  // rfc2136
  std::optional<base::TcpEndpoint> server = std::nullopt;  ///< nullopt: the zone's primary
  std::optional<dns::Name> zone = std::nullopt;            ///< nullopt: found by SOA
  std::string key_file{};                                  ///< empty: not signed
  std::uint32_t ttl = 60;                                  ///< seconds

  // program
  std::string program{};
  std::string cleanup_program{};
  HookDialect dialect = HookDialect::lego;
  std::size_t parallel = 1;

  // http and acme-dns
  std::string url{};  ///< without a slash at its end
  std::optional<std::string> ca_file = std::nullopt;
  HttpHookMode mode = HttpHookMode::record;
  std::string username{};
  std::string password_file{};

  friend bool operator==(const DnsProviderConfig&, const DnsProviderConfig&) = default;
};

enum class PropagationCheck { authoritative, resolvers, none };
std::string_view to_string(PropagationCheck check);

struct PropagationConfig {
  PropagationCheck check = PropagationCheck::authoritative;
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  std::chrono::milliseconds interval = std::chrono::seconds(2);
  std::chrono::milliseconds wait{0};
  std::vector<base::TcpEndpoint> servers{};
  friend bool operator==(const PropagationConfig&, const PropagationConfig&) = default;
};

enum class DnsDelegation { follow, ignore };
std::string_view to_string(DnsDelegation delegation);

struct DnsConfig {
  std::vector<base::TcpEndpoint> resolvers{};  ///< empty: those of /etc/resolv.conf
  std::chrono::milliseconds timeout = std::chrono::seconds(2);
  std::size_t tries = 3;
  DnsDelegation delegation = DnsDelegation::follow;
  PropagationConfig propagation{};
  std::vector<DnsProviderConfig> providers{};
  friend bool operator==(const DnsConfig&, const DnsConfig&) = default;
};

struct PreflightConfig {
  bool caa = true;
  bool address = true;
  bool http = true;
  std::vector<std::string> own_addresses{};  ///< as inet_ntop(3) writes them
  friend bool operator==(const PreflightConfig&, const PreflightConfig&) = default;
};

}  // namespace agent
