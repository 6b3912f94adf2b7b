#include "agent/config/read_dns.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using Presence = MapReader::Presence;

template <class T>
ScalarRule<T> one_of(std::initializer_list<T> values) {
  const std::vector<T> known(values);
  std::string expected;
  for (const T value : known) {
    if (!expected.empty()) expected += value == known.back() ? " or " : ", ";
    expected += to_string(value);
  }
  return {expected, [known](const YamlNode& node) -> base::Result<T, std::string> {
            for (const T value : known) {
              if (node.text == to_string(value)) return value;
            }
            return base::Unexpected(std::string("is not known"));
          }};
}

ScalarRule<bool> true_or_false() {
  return {"true or false", [](const YamlNode& node) -> base::Result<bool, std::string> {
            if (node.text == "true") return true;
            if (node.text == "false") return false;
            return base::Unexpected(std::string("is neither"));
          }};
}

ScalarRule<dns::Name> dns_name() {
  return {"a DNS name as example.com",
          [](const YamlNode& node) -> base::Result<dns::Name, std::string> {
            auto name = dns::Name::parse(node.text);
            if (!name) return base::Unexpected("is no DNS name: " + name.error());
            if (name->is_root()) return base::Unexpected(std::string("is the root"));
            return name;
          }};
}

/// An address, with a port if that is not 53.
ScalarRule<base::TcpEndpoint> dns_server() {
  return {"an address as 192.0.2.1, \"192.0.2.1:5353\" or \"[2001:db8::1]:53\"",
          [](const YamlNode& node) -> base::Result<base::TcpEndpoint, std::string> {
            const bool is_bare_v6 = node.text.find("::") != std::string::npos &&
                                    node.text.find('[') == std::string::npos;
            const std::string bare = is_bare_v6 ? "[" + node.text + "]" : node.text;
            for (const std::string& text : {node.text, bare + ":53"}) {
              const auto endpoint = base::parse_endpoint(text);
              if (!endpoint) continue;
              const auto* tcp = std::get_if<base::TcpEndpoint>(&*endpoint);
              if (tcp != nullptr) return *tcp;
            }
            return base::Unexpected(std::string("is no address"));
          }};
}

void read_rfc2136(MapReader& map, DnsProviderConfig& provider) {
  map.read("server", provider.server, dns_server());
  map.read("zone", provider.zone, dns_name());
  map.read("key_file", provider.key_file, absolute_path());
  std::size_t ttl = provider.ttl;
  map.read("ttl", ttl, whole_number(0, 86'400));
  provider.ttl = static_cast<std::uint32_t>(ttl);
  map.read("timeout", provider.timeout, duration(100ms, 10min));
}

void read_program(MapReader& map, DnsProviderConfig& provider) {
  provider.timeout = 60s;
  map.read("program", provider.program, absolute_path(), Presence::required);
  map.read("dialect",
           provider.dialect,
           one_of({HookDialect::lego,
                   HookDialect::lego_raw,
                   HookDialect::dehydrated,
                   HookDialect::certbot}));
  map.read("cleanup_program", provider.cleanup_program, absolute_path());
  map.read("timeout", provider.timeout, duration(100ms, 1h));
  map.read("parallel", provider.parallel, whole_number(1, 64));
  if (!provider.cleanup_program.empty() && provider.dialect != HookDialect::certbot) {
    map.refuse("cleanup_program", "is for the dialect certbot; the others call one program twice");
  }
}

void read_http(MapReader& map, DnsProviderConfig& provider) {
  map.read("url", provider.url, service_url(), Presence::required);
  map.read("mode", provider.mode, one_of({HttpHookMode::record, HttpHookMode::raw}));
  map.read("username", provider.username, non_empty_text("the user for Basic authorization"));
  map.read("password_file", provider.password_file, absolute_path());
  map.read("ca_file", provider.ca_file, absolute_path());
  if (provider.username.empty() != provider.password_file.empty()) {
    map.refuse(provider.username.empty() ? "password_file" : "username",
               "is alone; expected username and password_file together");
  }
}

void read_acme_dns(MapReader& map, DnsProviderConfig& provider) {
  map.read("url", provider.url, service_url(), Presence::required);
  map.read("ca_file", provider.ca_file, absolute_path());
}

void read_provider(MapReader& map, std::vector<DnsProviderConfig>& providers) {
  DnsProviderConfig provider;
  map.read("name", provider.name, label_name(), Presence::required);
  map.read("type",
           provider.type,
           one_of({DnsProviderType::rfc2136,
                   DnsProviderType::program,
                   DnsProviderType::http,
                   DnsProviderType::acme_dns}),
           Presence::required);
  map.read_list("zones", provider.zones, dns_name(), 1);
  switch (provider.type) {
    case DnsProviderType::rfc2136: read_rfc2136(map, provider); break;
    case DnsProviderType::program: read_program(map, provider); break;
    case DnsProviderType::http: read_http(map, provider); break;
    case DnsProviderType::acme_dns: read_acme_dns(map, provider); break;
  }
  for (const DnsProviderConfig& other : providers) {
    if (!provider.name.empty() && other.name == provider.name) {
      map.refuse("name", "is another provider's, too; expected a name of its own");
    }
    if (provider.zones.empty() && other.zones.empty()) {
      map.refuse("zones",
                 "is missing as in " + other.name +
                     "; expected one provider at most without zones, for all other names");
    }
    for (const dns::Name& zone : provider.zones) {
      if (std::find(other.zones.begin(), other.zones.end(), zone) == other.zones.end()) continue;
      map.refuse("zones", "has " + zone.text() + ", which " + other.name + " serves already");
    }
  }
  providers.push_back(std::move(provider));
}

void read_propagation(MapReader& map, PropagationConfig& propagation) {
  map.read(
      "check",
      propagation.check,
      one_of(
          {PropagationCheck::authoritative, PropagationCheck::resolvers, PropagationCheck::none}));
  map.read("timeout", propagation.timeout, duration(1s, 1h));
  map.read("interval", propagation.interval, duration(100ms, 5min));
  map.read("wait", propagation.wait, duration(0ms, 1h));
  map.read_list("servers", propagation.servers, dns_server(), 1);
  if (!propagation.servers.empty() && propagation.check != PropagationCheck::authoritative) {
    map.refuse("servers", "is for check: authoritative");
  }
}

}  // namespace

std::string_view to_string(HookDialect dialect) {
  switch (dialect) {
    case HookDialect::lego: return "lego";
    case HookDialect::lego_raw: return "lego-raw";
    case HookDialect::dehydrated: return "dehydrated";
    case HookDialect::certbot: return "certbot";
  }
  return "unknown";
}

std::string_view to_string(DnsProviderType type) {
  switch (type) {
    case DnsProviderType::rfc2136: return "rfc2136";
    case DnsProviderType::program: return "program";
    case DnsProviderType::http: return "http";
    case DnsProviderType::acme_dns: return "acme-dns";
  }
  return "unknown";
}

std::string_view to_string(HttpHookMode mode) {
  switch (mode) {
    case HttpHookMode::record: return "record";
    case HttpHookMode::raw: return "raw";
  }
  return "unknown";
}

std::string_view to_string(PropagationCheck check) {
  switch (check) {
    case PropagationCheck::authoritative: return "authoritative";
    case PropagationCheck::resolvers: return "resolvers";
    case PropagationCheck::none: return "none";
  }
  return "unknown";
}

std::string_view to_string(DnsDelegation delegation) {
  switch (delegation) {
    case DnsDelegation::follow: return "follow";
    case DnsDelegation::ignore: return "ignore";
  }
  return "unknown";
}

void read_dns(MapReader& map, DnsConfig& dns) {
  map.read_list("resolvers", dns.resolvers, dns_server(), 1);
  map.read("timeout", dns.timeout, duration(100ms, 1min));
  map.read("tries", dns.tries, whole_number(1, 10));
  map.read("delegation", dns.delegation, one_of({DnsDelegation::follow, DnsDelegation::ignore}));
  map.read_map("propagation",
               [&](MapReader& section) { read_propagation(section, dns.propagation); });
  map.read_maps("providers",
                Presence::optional,
                "a list of providers: name, type and what the type needs",
                [&](MapReader& provider) { read_provider(provider, dns.providers); });
}

void read_preflight(MapReader& map, PreflightConfig& preflight) {
  map.read("caa", preflight.caa, true_or_false());
  map.read("address", preflight.address, true_or_false());
  map.read("http", preflight.http, true_or_false());
  map.read_list("own_addresses", preflight.own_addresses, ip_address(), 1);
}

}  // namespace agent
