#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/load_config.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST(ReadOnDemand, IsOffByDefault) {
  EXPECT_EQ(parse("")->on_demand, std::nullopt);
  EXPECT_FALSE(parse("")->unused.is_on());
}

TEST(ReadOnDemand, ReadsEveryKey) {
  const auto config = parse(R"(on_demand:
  ask: "https://panel.example.org/ask"
  ca_file: /etc/roots.pem
  timeout: 2s
  limit: 5 / 10m
  queue: 50
  max_labels: 4
  yes_ttl: 2h
  no_ttl: 5m
  retry: 10s
)");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->on_demand,
            (OnDemandConfig{.ask = "https://panel.example.org/ask",
                            .ca_file = "/etc/roots.pem",
                            .timeout = 2s,
                            .limit = {5, 10min},
                            .queue = 50,
                            .max_labels = 4,
                            .yes_ttl = 2h,
                            .no_ttl = 5min,
                            .retry = 10s}));
}

TEST(ReadOnDemand, ReadsTheOtherSources) {
  EXPECT_TRUE(parse("on_demand: {zones: true}\n")->on_demand->zones);
  const auto listed = parse("on_demand: {allow: [example.org, \"*.example.net\"]}\n");
  ASSERT_TRUE(listed);
  EXPECT_THAT(listed->on_demand->allow,
              ElementsAre(*base::DomainName::parse("example.org"),
                          *base::DomainName::parse("*.example.net")));
}

TEST(ReadOnDemand, WantsExactlyOneSource) {
  EXPECT_EQ(problems_of("on_demand: {queue: 5}\n"),
            "f:5:12: on_demand: has nobody who says yes; expected exactly one of ask, zones: true "
            "and allow\n");
  EXPECT_EQ(problems_of("on_demand: {zones: true, allow: [example.org]}\n"),
            "f:5:12: on_demand: has several who say yes; expected exactly one of ask, zones: true "
            "and allow\n");
  EXPECT_THAT(problems_of("on_demand: {zones: false}\n"), HasSubstr("has nobody who says yes"));
}

TEST(ReadOnDemand, SaysWhatIsWrong) {
  const std::string problems = problems_of(R"(on_demand:
  ask: http://panel.example.org/ask
  limit: none
  max_labels: 11
unused: {addresses: [www.example.org]}
)");
  for (const char* const sentence :
       {"on_demand.ask: \"http://panel.example.org/ask\" is not encrypted; expected an https:// "
        "URL",
        "on_demand.limit: \"none\" is no limit; expected a number and a time as \"20 / 1h\"",
        "on_demand.max_labels: \"11\" is out of range; expected",
        "unused.addresses[0]: \"www.example.org\" is no address"}) {
    EXPECT_THAT(problems, HasSubstr(sentence));
  }
}

TEST(ReadUnused, TakesTheAddressesOfThePreflight) {
  const auto config = parse("preflight: {own_addresses: [192.0.2.1]}\n");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->unused.is_on());
  EXPECT_EQ(config->unused.after_days, 30u);
  EXPECT_THAT(config->unused.addresses, ElementsAre("192.0.2.1"));
}

TEST(ReadUnused, HasAddressesOfItsOwnAndAnEnd) {
  const auto config = parse(R"(preflight: {own_addresses: [192.0.2.1]}
unused: {after_days: 7, addresses: ["2001:DB8::1"]}
)");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->unused, (UnusedConfig{7, {"2001:db8::1"}}));
  const auto never = parse("unused: {after_days: 0, addresses: [192.0.2.1]}\n");
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->unused.is_on());
}

}  // namespace
}  // namespace agent
