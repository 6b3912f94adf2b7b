#include "agent/dns/propagation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using Check = PropagationOptions::Check;
using dns::RecordType;
using test::name;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class PropagationTest : public testing::Test {
 protected:
  PropagationTest() {
    resolver_.add_zone("example.test", "ns1.test");
    resolver_.set("example.test", RecordType::ns, {name("ns1.test"), name("ns2.test")});
    resolver_.set("ns1.test", RecordType::a, {dns::Address{"192.0.2.1"}});
    resolver_.set("ns2.test", RecordType::a, {dns::Address{"192.0.2.2"}});
    resolver_.at = [this](const DnsServer& server, const DnsQuestion& question) {
      return answer(server, question);
    };
  }

  /// The value from the configured look of each address on; 0: never.
  test::ScriptedResolver::Answer answer(const DnsServer& server, const DnsQuestion& question) {
    EXPECT_EQ(question, (DnsQuestion{record_.fqdn, RecordType::txt}));
    const int look = ++looks_[server.host];
    if (silent_.contains(server.host)) {
      return base::Unexpected(DnsError{DnsErrc::transient, "no reply from " + server.host});
    }
    DnsAnswer found;
    const auto add = [&](const std::string& value) {
      found.message.answers.push_back(
          {.owner = question.name, .type = RecordType::txt, .data = dns::Text{value}});
    };
    add("another value");
    if (shown_from_[server.host] != 0 && look >= shown_from_[server.host]) add(record_.value);
    return found;
  }

  Propagation::Outcome wait(PropagationOptions options = {}) {
    options.interval = 1ms;
    if (options.timeout == PropagationOptions().timeout) options.timeout = 20s;
    Propagation propagation(resolver_, log_, options);
    return test::run(loop_, propagation.wait_until_seen(record_, [this](const std::string& text) {
      progress_.push_back(text);
    }));
  }

  base::asio::io_context loop_{1};
  base::NullLog log_;
  test::ScriptedResolver resolver_;
  TxtRecord record_{.fqdn = name("_acme-challenge.a.example.test"), .value = "value"};
  std::map<std::string, int> looks_;
  std::map<std::string, int> shown_from_;
  std::set<std::string> silent_;
  std::vector<std::string> progress_;
};

TEST_F(PropagationTest, WaitsForTheServerThatLagsAndNamesIt) {
  shown_from_ = {{"192.0.2.1", 1}, {"192.0.2.2", 5}};
  EXPECT_TRUE(wait());
  EXPECT_EQ(looks_["192.0.2.1"], 1);
  EXPECT_EQ(looks_["192.0.2.2"], 5);
  EXPECT_THAT(progress_,
              Contains("_acme-challenge.a.example.test is not yet seen at ns2.test (not there)"));
}

TEST_F(PropagationTest, SaysAtTheDeadlineWhoDoesNotShowIt) {
  shown_from_ = {{"192.0.2.1", 1}};
  const auto outcome = wait({.timeout = 50ms});
  EXPECT_EQ(outcome.error(),
            (DnsError{DnsErrc::transient,
                      "_acme-challenge.a.example.test is not yet seen at ns2.test (not there)"}));
}

TEST_F(PropagationTest, AServerThatDoesNotAnswerIsWaitedForAndNamed) {
  shown_from_ = {{"192.0.2.1", 1}, {"192.0.2.2", 1}};
  silent_ = {"192.0.2.2"};
  EXPECT_THAT(wait({.timeout = 50ms}).error().message,
              HasSubstr("ns2.test (no reply from 192.0.2.2)"));
}

TEST_F(PropagationTest, AnAddressThatCannotBeReachedIsLeftToTheServersOther) {
  resolver_.set("ns2.test", RecordType::aaaa, {dns::Address{"2001:db8::2"}});
  shown_from_ = {{"192.0.2.1", 1}, {"192.0.2.2", 1}};
  silent_ = {"2001:db8::2"};
  EXPECT_TRUE(wait());
}

TEST_F(PropagationTest, AnAddressThatShowsSomethingElseIsNot) {
  resolver_.set("ns2.test", RecordType::aaaa, {dns::Address{"2001:db8::2"}});
  shown_from_ = {{"192.0.2.1", 1}, {"192.0.2.2", 1}, {"2001:db8::2", 3}};
  EXPECT_TRUE(wait());
  EXPECT_EQ(looks_["2001:db8::2"], 3);
}

TEST_F(PropagationTest, TriesAgainToFindTheServers) {
  shown_from_ = {{"192.0.2.1", 1}, {"192.0.2.2", 1}};
  resolver_.fail("example.test", RecordType::ns);
  EXPECT_THAT(wait({.timeout = 30ms}).error().message, HasSubstr("SERVFAIL"));
  resolver_.work("example.test", RecordType::ns);
  EXPECT_TRUE(wait());
}

TEST_F(PropagationTest, AsksTheConfiguredServersInsteadOfTheZones) {
  resolver_.fail("_acme-challenge.a.example.test", RecordType::soa);  // as challtestsrv does
  shown_from_ = {{"198.51.100.1", 2}};
  EXPECT_TRUE(wait({.servers = {{"198.51.100.1", 8053}}}));
  EXPECT_THAT(progress_, Contains(HasSubstr("198.51.100.1:8053 (not there)")));
  EXPECT_EQ(looks_.size(), 1U);
}

TEST_F(PropagationTest, AsksTheResolversOnly) {
  EXPECT_THAT(wait({.check = Check::resolvers, .timeout = 30ms}).error().message,
              HasSubstr("not yet seen at the resolvers (not there)"));
  resolver_.set("_acme-challenge.a.example.test", RecordType::txt, {dns::Text{"value"}});
  EXPECT_TRUE(wait({.check = Check::resolvers}));
  EXPECT_TRUE(looks_.empty());
}

TEST_F(PropagationTest, AsksNobodyAndWaits) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(wait({.check = Check::none, .wait = 30ms}));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
  EXPECT_TRUE(resolver_.questions.empty());
}

TEST_F(PropagationTest, AZoneWithoutServersIsAConfigurationProblem) {
  resolver_.set("example.test", RecordType::ns, {});
  EXPECT_EQ(wait().error().code, DnsErrc::configuration);
}

}  // namespace
}  // namespace agent
