#include "agent/config/load_config.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "agent/config/limit_rules.h"
#include "agent/config/load_challenges.h"
#include "agent/config/map_reader.h"
#include "agent/config/read_dns.h"
#include "agent/config/read_on_demand.h"
#include "agent/config/scalar_rules.h"
#include "agent/config/yaml_document.h"
#include "agent/model/certificate.h"
#include "base/domain_name.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using Presence = MapReader::Presence;

constexpr std::size_t max_file_size = std::size_t{1} << 20;
/// An operator who names more has mistaken the list for one of hostnames.
constexpr std::size_t max_authorities = 16;

/// nullopt is `auto`.
ScalarRule<std::optional<std::size_t>> number_or_auto(std::size_t min, std::size_t max) {
  const auto number = whole_number(min, max);
  using Value = std::optional<std::size_t>;
  return {"auto or " + number.expected,
          [number](const YamlNode& node) -> base::Result<Value, std::string> {
            if (node.text == "auto") return Value();
            auto value = number.parse(node);
            if (!value) return base::Unexpected(std::move(value).error());
            return Value(*value);
          }};
}

ScalarRule<bool> truth() {
  return {"true or false", [](const YamlNode& node) -> base::Result<bool, std::string> {
            if (node.text == "true") return true;
            if (node.text == "false") return false;
            return base::Unexpected<std::string>("is neither");
          }};
}

ScalarRule<std::string> domain_suffix() {
  return {"a DNS name of lower-case A-labels without a dot at its begin, as example.org",
          [](const YamlNode& node) -> base::Result<std::string, std::string> {
            const auto name = base::DomainName::parse(node.text);
            if (!name || name->is_wildcard() || name->text() != node.text) {
              return base::Unexpected<std::string>("is no such name");
            }
            return node.text;
          }};
}

void read_spop(MapReader& map, SpopConfig& spop) {
  map.read_list("listen", spop.listen, endpoint(), 1);
  map.read("unix_mode", spop.unix_mode, file_mode(0777, "a mode as \"0660\""));
  std::optional<std::size_t>& workers = spop.workers;
  map.read<std::optional<std::size_t>>(
      "workers", workers, number_or_auto(1, 256), Presence::optional);
  map.read("max_connections", spop.max_connections, whole_number(1, 1'000'000));
  map.read("hello_timeout", spop.hello_timeout, duration(100ms, 1h));
  map.read("idle_timeout", spop.idle_timeout, duration(1s, 24h));
  map.read("drain_timeout", spop.drain_timeout, duration(0ms, 10min));
}

void read_admin(MapReader& map, AdminConfig& admin) {
  map.read("socket", admin.socket, socket_path());
  map.read(
      "mode",
      admin.mode,
      file_mode(0770, "a mode as \"0660\", nothing for others: the socket gives full control"));
  map.read("listen", admin.listen, loopback_endpoint());
}

void read_eab(MapReader& map, EabConfig& eab) {
  map.read(
      "key_id", eab.key_id, non_empty_text("the key id from the authority"), Presence::required);
  map.read("hmac_key_file", eab.hmac_key_file, absolute_path(), Presence::required);
}

void read_authority(MapReader& map, AuthorityConfig& authority) {
  map.read("name", authority.name, label_name(), Presence::required);
  map.read("directory", authority.directory, https_url(), Presence::required);
  map.read_list("contact", authority.contact, mailto_url(), 0);
  map.read("terms_of_service_agreed",
           authority.terms_of_service_agreed,
           true_only("true, once you have read and agreed to the authority's terms of service"),
           Presence::required);
  map.read("account_key", authority.account_key, account_key_type());
  map.read_map("eab", [&](MapReader& eab) { read_eab(eab, authority.eab.emplace()); });
  map.read("profile",
           authority.profile,
           non_empty_text("the name of a profile, as the authority lists it"));
  map.read("profile_fallback", authority.profile_fallback, boolean());
  map.read("preferred_chain",
           authority.preferred_chain,
           non_empty_text("the common name of an issuer, as \"ISRG Root X1\""));
  map.read("ca_file", authority.ca_file, absolute_path());
  // By directory and profile, which are therefore read before.
  authority.limits = limits_of(preset_of(authority.directory), authority.profile);
  map.read_map("limits", [&](MapReader& limits) {
    read_limits(limits, authority.profile, authority.limits);
  });
}

void read_next_authority(MapReader& map, std::vector<AuthorityConfig>& authorities) {
  AuthorityConfig authority;
  read_authority(map, authority);
  const auto is_same = [&](const auto& other) {
    return !authority.name.empty() && other.name == authority.name;
  };
  if (std::any_of(authorities.begin(), authorities.end(), is_same)) {
    map.refuse("name", "is another authority's, too; expected a name of its own");
  }
  if (authority.name == custom_authority) {
    map.refuse("name", "is what certificates of hostnames in mode custom have; expected another");
  }
  authorities.push_back(std::move(authority));
}

void read_authorities(MapReader& map, std::vector<AuthorityConfig>& authorities) {
  const YamlNode* list =
      map.read_maps("authorities",
                    Presence::required,
                    "a list of at least one authority: name, directory, terms_of_service_agreed",
                    [&](MapReader& authority) { read_next_authority(authority, authorities); });
  if (list != nullptr && list->items.size() > max_authorities) {
    map.refuse("authorities",
               "has " + std::to_string(list->items.size()) + " entries; expected at most " +
                   std::to_string(max_authorities));
  }
}

void read_instance(MapReader& map, std::vector<HaproxyInstanceConfig>& instances) {
  HaproxyInstanceConfig instance;
  map.read("name", instance.name, label_name(), Presence::required);
  map.read("runtime", instance.runtime, endpoint(), Presence::required);
  map.read_list("verify", instance.verify, endpoint(), 1, Presence::required);
  map.read("proxy_protocol", instance.proxy_protocol, truth());
  map.read_list("labels", instance.labels, label_name(), 0);
  map.read("crt_list", instance.crt_list, haproxy_path());
  map.read("worker", instance.worker, whole_number(1, 1'000));
  map.read("master", instance.master, endpoint());
  map.read("reload_when_jammed", instance.reload_when_jammed, truth());
  map.read("bufsize", instance.bufsize, whole_number(4'096, 16'777'216));
  map.read("reconcile_interval", instance.reconcile_interval, duration(10s, 24h));
  map.read("renewal_pace", instance.renewal_pace, duration(0ms, 10min));
  if (instance.reload_when_jammed && !instance.master) {
    map.refuse("reload_when_jammed", "is true without a way to reload; expected `master`, too");
  }
  const bool is_known = std::any_of(instances.begin(), instances.end(), [&](const auto& other) {
    return !instance.name.empty() && other.name == instance.name;
  });
  if (is_known) map.refuse("name", "is another instance's, too; expected a name of its own");
  instances.push_back(std::move(instance));
}

bool has_all(const std::vector<std::string>& labels, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  });
}

/// After the instances.
void read_placement(MapReader& map, HaproxyConfig& haproxy) {
  PlacementConfig rule;
  map.read("suffix", rule.suffix, domain_suffix(), Presence::required);
  map.read_list("labels", rule.labels, label_name(), 1, Presence::required);
  const bool is_known = std::any_of(haproxy.placement.begin(),
                                    haproxy.placement.end(),
                                    [&](const auto& other) { return other.suffix == rule.suffix; });
  if (is_known) map.refuse("suffix", "has a rule already; expected one rule for each suffix");
  const bool is_served =
      std::any_of(haproxy.instances.begin(), haproxy.instances.end(), [&](const auto& instance) {
        return has_all(instance.labels, rule.labels);
      });
  if (!is_served) {
    map.refuse("labels", "are not all of one instance's labels; expected those of an instance");
  }
  haproxy.placement.push_back(std::move(rule));
}

/// A list has the certificates of all instances that load it: they have to be the same.
void check_lists(MapReader& map, const HaproxyConfig& haproxy) {
  if (haproxy.placement.empty()) return;
  for (const HaproxyInstanceConfig& one : haproxy.instances) {
    for (const HaproxyInstanceConfig& other : haproxy.instances) {
      const bool differ = !has_all(one.labels, other.labels) || !has_all(other.labels, one.labels);
      if (one.crt_list != other.crt_list || !differ) continue;
      map.refuse("placement",
                 "tells instances " + one.name + " and " + other.name +
                     " apart, which load the same crt-list; expected a crt_list of each one's own");
      return;
    }
  }
}

void read_haproxy(MapReader& map, HaproxyConfig& haproxy) {
  map.read("certificate_directory", haproxy.certificate_directory, haproxy_path());
  map.read("crt_list", haproxy.crt_list, haproxy_path());
  map.read(
      "file_mode",
      haproxy.file_mode,
      file_mode(0660, "a mode as \"0600\" or \"0640\", nothing for others: there are keys in it"));
  map.read_maps("instances",
                Presence::optional,
                "a list of at least one HAProxy: name, runtime, verify",
                [&](MapReader& instance) { read_instance(instance, haproxy.instances); });
  map.read_maps(
      "placement", Presence::optional, "a list of rules: suffix, labels", [&](MapReader& rule) {
        read_placement(rule, haproxy);
      });
  check_lists(map, haproxy);
}

/// `key_types` in place of `key_type`.
void read_key_types(MapReader& map, CertificatesConfig& certificates) {
  std::optional<KeyType> one;
  std::vector<KeyType> types;
  map.read("key_type", one, key_type());
  map.read_list("key_types", types, key_type(), 1);
  if (one) certificates.key_type = *one;
  if (types.empty()) return;
  if (one) {
    return map.refuse("key_types", "is there beside key_type; expected one of the two keys");
  }
  certificates.key_type = types.front();
  if (types.size() == 1) return;
  if (types.size() > 2 || algorithm_of(types[0]) == algorithm_of(types[1])) {
    return map.refuse("key_types", "has to be one type, or one of ECDSA and one of RSA");
  }
  certificates.second_key_type = types[1];
}

void read_certificates(MapReader& map, CertificatesConfig& certificates) {
  read_key_types(map, certificates);
  map.read("reuse_key", certificates.reuse_key, boolean());
  std::optional<std::size_t>& names = certificates.names_per_certificate;
  map.read<std::optional<std::size_t>>(
      "names_per_certificate", names, number_or_auto(1, 100), Presence::optional);
  map.read("longest_backlog", certificates.longest_backlog, duration(1min, 24h * 365));
}

void read_log(MapReader& map, LogConfig& log) {
  map.read("level", log.level, log_level());
  map.read("format", log.format, log_format());
}

bool is_within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

void fill_defaults(Config& config) {
  HaproxyConfig& haproxy = config.haproxy;
  const std::string folder = config.state_directory + "/haproxy";
  if (haproxy.certificate_directory.empty()) {
    haproxy.certificate_directory = folder + "/certificates";
  }
  if (haproxy.crt_list.empty()) haproxy.crt_list = folder + "/crt-list.txt";
  if (config.unused.addresses.empty()) config.unused.addresses = config.preflight.own_addresses;
  if (haproxy.instances.empty()) {
    haproxy.instances.push_back({.name = "haproxy",
                                 .runtime = base::UnixEndpoint{"/run/haproxy/admin.sock"},
                                 .verify = {base::TcpEndpoint{"127.0.0.1", 443}}});
  }
}

/// What only the whole shows.
void check_together(const Config& config, MapReader& map) {
  const HaproxyConfig& haproxy = config.haproxy;
  if (is_within(config.state_directory, haproxy.certificate_directory) ||
      is_within(haproxy.crt_list, haproxy.certificate_directory) ||
      std::any_of(haproxy.instances.begin(), haproxy.instances.end(), [&](const auto& instance) {
        return instance.crt_list && is_within(*instance.crt_list, haproxy.certificate_directory);
      })) {
    map.refuse("haproxy",
               "has a certificate_directory that contains other files of ours; expected a folder "
               "for certificates alone");
  }
}

Config read_document(const YamlNode& document, ConfigProblems& problems) {
  Config config;
  MapReader map(document, "", problems);
  map.read("state_directory", config.state_directory, haproxy_path());
  map.read_map("spop", [&](MapReader& section) { read_spop(section, config.spop); });
  map.read_map("admin", [&](MapReader& section) { read_admin(section, config.admin); });
  map.read_map("metrics", [&](MapReader& section) {
    section.read("listen", config.metrics.listen, endpoint());
  });
  map.read_map("platform", [&](MapReader& section) {
    section.read("wildcard_after", config.platform.wildcard_after, whole_number(0, 1'000'000));
  });
  read_authorities(map, config.authorities);
  map.read_map("certificates",
               [&](MapReader& section) { read_certificates(section, config.certificates); });
  map.read_map("challenges",
               [&](MapReader& section) { read_challenges(section, config.challenges); });
  map.read_map("issuer", [&](MapReader& section) {
    section.read("orders_in_flight", config.issuer.orders_in_flight, whole_number(1, 1'000));
  });
  map.read_map("haproxy", [&](MapReader& section) { read_haproxy(section, config.haproxy); });
  map.read_map("dns", [&](MapReader& section) { read_dns(section, config.dns); });
  map.read_map("preflight", [&](MapReader& section) { read_preflight(section, config.preflight); });
  map.read_map("on_demand",
               [&](MapReader& section) { read_on_demand(section, config.on_demand.emplace()); });
  map.read_map("unused", [&](MapReader& section) { read_unused(section, config.unused); });
  map.read_map("log", [&](MapReader& section) { read_log(section, config.log); });
  fill_defaults(config);
  check_together(config, map);
  check_providers(config, map);
  check_on_demand(config, map);
  map.finish();
  return config;
}

base::Unexpected<ConfigProblems> fail(std::string message) {
  return base::Unexpected(ConfigProblems{{.message = std::move(message)}});
}

}  // namespace

std::string to_string(const ConfigProblem& problem, std::string_view file) {
  std::string text(file);
  if (problem.line != 0) {
    text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  }
  if (!problem.path.empty()) text += ": " + problem.path;
  return text + ": " + problem.message;
}

base::Result<Config, ConfigProblems> parse_config(std::string_view yaml) {
  base::Result<YamlNode, YamlError> document = parse_yaml(yaml);
  if (!document) {
    const YamlPlace place = document.error().place;
    return base::Unexpected(
        ConfigProblems{{place.line, place.column, "", document.error().message}});
  }
  ConfigProblems problems;
  Config config = read_document(*document, problems);
  if (problems.empty()) return config;
  std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return base::Unexpected(std::move(problems));
}

base::Result<Config, ConfigProblems> load_config(const std::string& file) {
  errno = 0;
  std::ifstream input(file, std::ios::binary);
  std::string text(max_file_size + 1, '\0');
  // A folder opens, and fails when it is read.
  if (input) input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!input.is_open() || input.bad()) {
    return fail("cannot be read: " + std::generic_category().message(errno));
  }
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > max_file_size) return fail("is larger than 1 MiB; expected a configuration");
  return parse_config(text);
}

}  // namespace agent
