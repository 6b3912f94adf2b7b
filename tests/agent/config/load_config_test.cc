#include "agent/config/load_config.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/agent/config/config_texts.h"

namespace agent {

namespace {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
  std::ifstream input(path);
  std::stringstream text;
  text << input.rdbuf();
  return text.str();
}

const std::string example_path = ACME_SPOA_TESTDATA "/../../examples/acme-spoa.yaml";

TEST(LoadConfig, ReadsHowNamesAreProven) {
  const auto config = parse_config(with(R"(challenges:
  types: [tls-alpn-01, http-01]
  tls_alpn:
    listen: 127.0.0.1:4430
  rules:
    - names: ["*.example.org", example.org]
      types: [dns-01]
    - names: [192.0.2.7]
      types: [dns-persist-01]
dns:
  providers:
    - {name: ours, type: program, program: /usr/bin/hook}
)"));
  ASSERT_TRUE(config);
  using acme::ChallengeType;
  const ChallengePolicy& policy = config->challenges.policy;
  EXPECT_EQ(policy.types, (std::vector{ChallengeType::tls_alpn_01, ChallengeType::http_01}));
  ASSERT_EQ(policy.rules.size(), 2u);
  EXPECT_EQ(policy.rules[0].names.at(0).text(), "*.example.org");
  EXPECT_EQ(policy.rules[0].types, std::vector{ChallengeType::dns_01});
  EXPECT_EQ(policy.rules[1].names.at(0).text(), "192.0.2.7");
  EXPECT_EQ(config->challenges.tls_alpn->listen,
            (base::Endpoint{base::TcpEndpoint{"127.0.0.1", 4430}}));
}

TEST(LoadConfig, StartsTheTlsResponderOnlyWhereItIsUsed) {
  EXPECT_FALSE(parse_config(minimal)->challenges.tls_alpn);
  const auto config = parse_config(with(R"(challenges:
  rules:
    - {names: [a.example], types: [tls-alpn-01]}
)"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->challenges.tls_alpn, TlsAlpnConfig{});
}

TEST(LoadConfig, ReadsWhichFrontendsAreLeftAlone) {
  const auto config =
      parse_config(with("challenges: {frontends_left_alone: [mail_in, Legacy.80:b-2]}\n"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->challenges.frontends_left_alone,
            (std::vector<std::string>{"mail_in", "Legacy.80:b-2"}));
  EXPECT_NE(problems_of(with("challenges: {frontends_left_alone: [\"a b\"]}\n"))
                .find("challenges.frontends_left_alone[0]: \"a b\" is no such name; expected the "
                      "name of a frontend of HAProxy"),
            std::string::npos);
}

TEST(LoadConfig, SaysWhatIsWrongWithChallenges) {
  const std::string problems = problems_of(with(R"(challenges:
  types: [http-02, dns-01]
  tls_alpn: {listen: 127.0.0.1:1}
  rules:
    - names: [under_score.example]
      types: [http-01]
      dns: ours
    - types: []
)"));
  for (const char* sentence :
       {"challenges.types[0]: \"http-02\" is no challenge type; expected http-01, tls-alpn-01, "
        "dns-01, dns-account-01 or dns-persist-01",
        "challenges: has dns-01 and nobody who writes its record; expected a provider in "
        "dns.providers",
        "challenges.tls_alpn: is of no use; expected it beside tls-alpn-01",
        "challenges.rules[0].names[0]: \"under_score.example\" is no name: only letters",
        "challenges.rules[0].dns: unknown key",
        "challenges.rules[1].names",
        "challenges.rules[1].types"}) {
    EXPECT_NE(problems.find(sentence), std::string::npos) << sentence << "\n" << problems;
  }
}

TEST(LoadConfig, ReadsTwoKeyTypesAndWhetherKeysAreKept) {
  const auto both =
      parse_config(with("certificates: {key_types: [rsa-2048, ecdsa-p384], reuse_key: true}\n"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->certificates.key_type, KeyType::rsa_2048);
  EXPECT_EQ(both->certificates.second_key_type, KeyType::ecdsa_p384);
  EXPECT_TRUE(both->certificates.reuse_key);
  const auto one = parse_config(with("certificates: {key_types: [rsa-2048]}\n"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->certificates, (CertificatesConfig{.key_type = KeyType::rsa_2048}));
  EXPECT_FALSE(parse_config(with("certificates: {key_types: []}\n")));
}

TEST(LoadConfig, FillsInEverythingButTheAuthority) {
  const auto config = parse_config(minimal);
  ASSERT_TRUE(config) << problems_of(minimal);
  EXPECT_EQ(config->state_directory, "/var/lib/acme-spoa");
  EXPECT_EQ(config->spop, SpopConfig{});
  EXPECT_EQ(config->authorities.at(0).name, "ca");
  EXPECT_EQ(config->haproxy.certificate_directory, "/var/lib/acme-spoa/haproxy/certificates");
  EXPECT_EQ(config->haproxy.crt_list, "/var/lib/acme-spoa/haproxy/crt-list.txt");
  ASSERT_EQ(config->haproxy.instances.size(), 1u);
  EXPECT_EQ(to_string(config->haproxy.instances[0].runtime), "unix@/run/haproxy/admin.sock");
}

TEST(LoadConfig, ReadsEveryKey) {
  const std::string yaml = R"(state_directory: /srv/state/
spop: {listen: [abns@agent, "127.0.0.1:9301", unix@/run/a.sock], unix_mode: "0600", workers: 3,
       max_connections: 7, hello_timeout: 500ms, idle_timeout: 2h, drain_timeout: 5m}
admin: {socket: /run/b.sock, mode: "0600", listen: 127.0.0.1:8555}
platform: {wildcard_after: 0}
metrics: {listen: "[::1]:9302"}
authorities:
  - name: ca-1
    directory: https://ca.example:8443/dir
    contact: ["mailto:a@example.org", "mailto:b@example.org"]
    terms_of_service_agreed: true
    account_key: ecdsa-p256
    eab: {key_id: id, hmac_key_file: /etc/key}
    profile: shortlived
    ca_file: /etc/roots.pem
certificates: {key_type: rsa-3072}
issuer: {orders_in_flight: 5}
haproxy:
  certificate_directory: /srv/certificates
  crt_list: /srv/list.txt
  file_mode: "0640"
  instances:
    - {name: one, runtime: unix@/run/h.sock, verify: [127.0.0.1:443, "[::1]:443"]}
    - {name: two, runtime: "127.0.0.1:9999", verify: [127.0.0.2:443]}
log: {level: debug, format: json}
)";
  const auto config = parse_config(yaml);
  ASSERT_TRUE(config) << problems_of(yaml);
  const Config expected{
      .state_directory = "/srv/state",
      .spop = {.listen = {base::AbstractEndpoint{"agent"},
                          base::TcpEndpoint{"127.0.0.1", 9301},
                          base::UnixEndpoint{"/run/a.sock"}},
               .unix_mode = 0600,
               .workers = 3,
               .max_connections = 7,
               .hello_timeout = 500ms,
               .idle_timeout = 2h,
               .drain_timeout = 5min},
      .admin = {.socket = "/run/b.sock",
                .mode = 0600,
                .listen = base::TcpEndpoint{"127.0.0.1", 8555}},
      .platform = {.wildcard_after = 0},
      .metrics = {.listen = base::TcpEndpoint{"::1", 9302}},
      .authorities = {{.name = "ca-1",
                       .directory = "https://ca.example:8443/dir",
                       .contact = {"mailto:a@example.org", "mailto:b@example.org"},
                       .terms_of_service_agreed = true,
                       .eab = EabConfig{.key_id = "id", .hmac_key_file = "/etc/key"},
                       .profile = "shortlived",
                       .ca_file = "/etc/roots.pem"}},
      .certificates = {.key_type = KeyType::rsa_3072},
      .issuer = {.orders_in_flight = 5},
      .haproxy = {.certificate_directory = "/srv/certificates",
                  .crt_list = "/srv/list.txt",
                  .file_mode = 0640,
                  .instances = {{.name = "one",
                                 .runtime = base::UnixEndpoint{"/run/h.sock"},
                                 .verify = {base::TcpEndpoint{"127.0.0.1", 443},
                                            base::TcpEndpoint{"::1", 443}}},
                                {.name = "two",
                                 .runtime = base::TcpEndpoint{"127.0.0.1", 9999},
                                 .verify = {base::TcpEndpoint{"127.0.0.2", 443}}}}},
      .log = {.level = base::LogLevel::debug, .format = LogFormat::json}};
  EXPECT_EQ(*config, expected);
}

TEST(LoadConfig, TheExampleShowsTheDefaults) {
  const auto example = load_config(example_path);
  ASSERT_TRUE(example) << problems_of(read_file(example_path));
  auto defaults = parse_config(minimal);
  ASSERT_TRUE(defaults);
  defaults->authorities = example->authorities;
  EXPECT_EQ(*example, *defaults);
}

TEST(LoadConfig, WhatIsCommentedOutInTheExampleIsValid) {
  const std::regex commented_key("(^|\n)( *)# ([a-z_]+: [^\n]*)(?=\n)");
  const std::string yaml = std::regex_replace(
      std::regex_replace(read_file(example_path), commented_key, "$1$2$3"), std::regex("\r"), "");
  const auto example = parse_config(yaml);
  ASSERT_TRUE(example) << problems_of(yaml);
  EXPECT_TRUE(example->metrics.listen);
  EXPECT_TRUE(example->authorities[0].eab);
  EXPECT_EQ(example->authorities[0].profile, "shortlived");
  EXPECT_TRUE(example->authorities[0].ca_file);
}

TEST(LoadConfig, DocumentsEveryKeyOfTheExample) {
  const std::string table = read_file(ACME_SPOA_TESTDATA "/../../docs/configuration.md");
  const std::string example = read_file(example_path);
  const std::regex key("(^|\n)[ #-]*([a-z_]+):(?= )");
  for (std::sregex_iterator match(example.begin(), example.end(), key), end; match != end;
       ++match) {
    const std::string name = (*match)[2];
    EXPECT_TRUE(std::regex_search(table, std::regex("\\| `([a-z_.\\[\\]]*\\.)?" + name + "[.`]")))
        << name << " is not in the table";
  }
}

TEST(LoadConfig, ReadsWhereEachHostnameGoes) {
  const auto config = parse_config(with(R"(haproxy:
  instances:
    - {name: a, runtime: "127.0.0.1:9001", verify: ["127.0.0.1:443"], labels: [eu], crt_list: /c/a, worker: 1,
       master: "unix@/m", reload_when_jammed: true, bufsize: 32768, proxy_protocol: true, renewal_pace: 0ms}
    - {name: b, runtime: "127.0.0.1:9002", verify: ["127.0.0.1:444"], labels: [us], crt_list: /c/b}
  placement:
    - {suffix: eu.example.net, labels: [eu]}
)"));
  ASSERT_TRUE(config);
  const HaproxyInstanceConfig& a = config->haproxy.instances.at(0);
  EXPECT_EQ(a.worker, 1u);
  EXPECT_EQ(a.crt_list, "/c/a");
  EXPECT_TRUE(a.reload_when_jammed);
  EXPECT_TRUE(a.proxy_protocol);
  EXPECT_EQ(a.renewal_pace, 0ms);
  EXPECT_EQ(config->haproxy.placement.at(0).suffix, "eu.example.net");
}

TEST(LoadConfig, RefusesAPlacementThatCannotBe) {
  const std::string instances = R"(haproxy:
  instances:
    - {name: a, runtime: "127.0.0.1:9001", verify: ["127.0.0.1:443"], labels: [eu]}
    - {name: b, runtime: "127.0.0.1:9002", verify: ["127.0.0.1:444"], labels: [us]}
  placement:
    - )";
  EXPECT_NE(problems_of(with(instances + "{suffix: x.example, labels: [asia]}\n"))
                .find("are not all of one instance's labels"),
            std::string::npos);
  EXPECT_NE(problems_of(with(instances + "{suffix: x.example, labels: [eu]}\n"))
                .find("expected a crt_list of each one's own"),
            std::string::npos);
  EXPECT_NE(
      problems_of(with(instances + "{suffix: .x.Example, labels: [eu]}\n")).find("is no such name"),
      std::string::npos);
}

TEST(LoadConfig, CollectsTheProblemsOfAWholeFileInTheirOrder) {
  EXPECT_EQ(
      problems_of("log: {level: x}\nspop: {workers: x}\nauthoritys: []\n"),
      "f:1:1: authorities: is missing; expected a list of at least one authority: name, directory, "
      "terms_of_service_agreed\n"
      "f:1:14: log.level: \"x\" is none of them; expected debug, info, warn or error\n"
      "f:2:17: spop.workers: \"x\" is no whole number; expected auto or a whole number from 1 to "
      "256\n"
      "f:3:1: authoritys: unknown key; did you mean authorities?\n");
}

TEST(LoadConfig, TakesASectionWithNothingBelow) {
  EXPECT_TRUE(parse_config(with("spop:\nlog:\n")));
}

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  const auto missing = load_config("/nonexistent/acme-spoa.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(to_string(missing.error().at(0), "f"), "f: cannot be read: No such file or directory");
  const auto folder = load_config("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(to_string(folder.error().at(0), "f"), "f: cannot be read: Is a directory");
}

TEST(LoadConfig, RefusesAFileThatIsTooLarge) {
  std::string path = std::filesystem::temp_directory_path() / "config-XXXXXX";
  const int file = ::mkstemp(path.data());
  ASSERT_NE(file, -1);
  ::close(file);
  std::filesystem::resize_file(path, (1u << 20) + 1);
  const auto config = load_config(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().at(0).message, "is larger than 1 MiB; expected a configuration");
}

}  // namespace
}  // namespace agent
