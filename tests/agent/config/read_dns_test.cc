#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/load_config.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view minimal = R"(authorities:
  - name: ca
    directory: https://ca.example/dir
    terms_of_service_agreed: true
)";

base::Result<Config, ConfigProblems> parse(const std::string& more) {
  return parse_config(std::string(minimal) + more);
}

/// All problems, one a line; the first line of `more` is line 5.
std::string problems_of(const std::string& more) {
  const auto config = parse(more);
  if (config) return "no problem";
  std::string lines;
  for (const ConfigProblem& problem : config.error()) lines += to_string(problem, "f") + "\n";
  return lines;
}

dns::Name name(std::string_view text) {
  return dns::Name::parse(text).value();
}

TEST(ReadDns, ReadsEveryKey) {
  const std::string yaml = R"(dns:
  resolvers: [192.0.2.53, "192.0.2.54:5353", "[2001:db8::53]:53", "2001:db8::54"]
  timeout: 3s
  tries: 2
  delegation: ignore
  propagation: {check: authoritative, timeout: 5m, interval: 3s, wait: 1s, servers: [192.0.2.1]}
  providers:
    - {name: own, type: rfc2136, zones: [example.com, Example.NET.], server: 192.0.2.1,
       zone: example.com, key_file: /etc/tsig.key, ttl: 30, timeout: 10s}
    - {name: hook, type: program, zones: [a.example], program: /usr/local/bin/hook,
       dialect: certbot, cleanup_program: /usr/local/bin/clean, timeout: 90s, parallel: 4}
    - {name: web, type: http, zones: [b.example], url: "https://hook.example/dns/", mode: raw,
       username: u, password_file: /etc/password, ca_file: /etc/roots.pem}
    - {name: customers, type: acme-dns, url: "http://127.0.0.1:8080"}
preflight: {caa: false, address: false, http: true, own_addresses: [192.0.2.1, "2001:DB8:0::1"]}
)";
  const auto config = parse(yaml);
  ASSERT_TRUE(config) << problems_of(yaml);
  const DnsConfig expected{.resolvers = {{"192.0.2.53", 53},
                                         {"192.0.2.54", 5353},
                                         {"2001:db8::53", 53},
                                         {"2001:db8::54", 53}},
                           .timeout = 3s,
                           .tries = 2,
                           .delegation = DnsDelegation::ignore,
                           .propagation = {.check = PropagationCheck::authoritative,
                                           .timeout = 5min,
                                           .interval = 3s,
                                           .wait = 1s,
                                           .servers = {{"192.0.2.1", 53}}},
                           .providers = {{.name = "own",
                                          .type = DnsProviderType::rfc2136,
                                          .zones = {name("example.com"), name("example.net")},
                                          .timeout = 10s,
                                          .server = base::TcpEndpoint{"192.0.2.1", 53},
                                          .zone = name("example.com"),
                                          .key_file = "/etc/tsig.key",
                                          .ttl = 30},
                                         {.name = "hook",
                                          .type = DnsProviderType::program,
                                          .zones = {name("a.example")},
                                          .timeout = 90s,
                                          .program = "/usr/local/bin/hook",
                                          .cleanup_program = "/usr/local/bin/clean",
                                          .dialect = HookDialect::certbot,
                                          .parallel = 4},
                                         {.name = "web",
                                          .type = DnsProviderType::http,
                                          .zones = {name("b.example")},
                                          .url = "https://hook.example/dns",
                                          .ca_file = "/etc/roots.pem",
                                          .mode = HttpHookMode::raw,
                                          .username = "u",
                                          .password_file = "/etc/password"},
                                         {.name = "customers",
                                          .type = DnsProviderType::acme_dns,
                                          .url = "http://127.0.0.1:8080"}}};
  EXPECT_EQ(config->dns, expected);
  EXPECT_EQ(config->preflight, (PreflightConfig{false, false, true, {"192.0.2.1", "2001:db8::1"}}));
}

TEST(ReadDns, WithoutTheSectionsThereAreDefaults) {
  const auto config = parse("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->dns, DnsConfig{});
  EXPECT_EQ(config->preflight, PreflightConfig{});
  EXPECT_EQ(parse("dns: {providers: [{name: p, type: program, program: /p}]}\n")
                ->dns.providers.at(0)
                .timeout,
            60s);
}

std::string problem_of_provider(const std::string& keys) {
  return problems_of("dns:\n  providers:\n    - {name: p, " + keys + "}\n");
}

TEST(ReadDns, SaysWhatIsWrongWithAProvider) {
  EXPECT_THAT(
      problem_of_provider("type: route53"),
      HasSubstr("f:7:23: dns.providers[0].type: \"route53\" is not known; expected rfc2136, "
                "program, http or acme-dns"));
  EXPECT_THAT(problem_of_provider("type: rfc2136, program: /x"),
              HasSubstr("dns.providers[0].program: unknown key"));
  EXPECT_THAT(problem_of_provider("type: program"),
              HasSubstr("dns.providers[0].program: is missing"));
  EXPECT_THAT(problem_of_provider("type: program, program: hook"),
              HasSubstr("is no absolute path"));
  EXPECT_THAT(problem_of_provider("type: program, program: /p, cleanup_program: /c"),
              HasSubstr("is for the dialect certbot"));
  EXPECT_THAT(problem_of_provider("type: http, url: \"http://hook.example\""),
              HasSubstr("is not encrypted"));
  EXPECT_THAT(problem_of_provider("type: http, url: \"https://h.example\", username: u"),
              HasSubstr("expected username and password_file together"));
  EXPECT_THAT(problem_of_provider("type: rfc2136, zones: [a b]"),
              HasSubstr("is no DNS name: only letters, digits"));
  EXPECT_THAT(problem_of_provider("type: rfc2136, server: ns1.example.com"),
              HasSubstr("is no address; expected an address as 192.0.2.1"));
}

TEST(ReadDns, SaysWhatDoesNotFitTogether) {
  const auto two = [](const std::string& first, const std::string& second) {
    return problems_of("dns:\n  providers:\n    - {type: rfc2136, " + first +
                       "}\n    - {type: rfc2136, " + second + "}\n");
  };
  EXPECT_THAT(two("name: p, zones: [a.b]", "name: p, zones: [c.d]"),
              HasSubstr("a name of its own"));
  EXPECT_THAT(two("name: p, zones: [a.b]", "name: q, zones: [c.d, a.b]"),
              HasSubstr("has a.b, which p serves already"));
  EXPECT_THAT(two("name: p", "name: q"), HasSubstr("one provider at most without zones"));
  EXPECT_THAT(problems_of("dns: {propagation: {check: none, servers: [192.0.2.1]}}\n"),
              HasSubstr("is for check: authoritative"));
  EXPECT_THAT(problems_of("preflight: {own_addresses: [example.com]}\n"),
              HasSubstr("expected an IPv4 or IPv6 address"));
  EXPECT_THAT(problems_of("preflight: {caa: yes}\n"), HasSubstr("expected true or false"));
}

}  // namespace
}  // namespace agent
