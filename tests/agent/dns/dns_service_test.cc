#include "agent/dns/dns_service.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/dns/lookups.h"
#include "tests/agent/dns/knot_server.h"
#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using test::name;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DnsServiceTest : public testing::Test {
 protected:
  std::unique_ptr<DnsService> make(const DnsConfig& config) {
    DnsSurroundings surroundings{
        .executor = loop_.get_executor(),
        .pool = pool_,
        .clock = clock_,
        .random = random_,
        .log = log_,
        .make_http_client =
            [this](const std::string&) { return std::make_unique<test::ScriptedHttp>(loop_); },
        .state_directory = folder_.path()};
    return std::make_unique<DnsService>(std::move(surroundings), config, PreflightConfig{});
  }
  DnsProviderConfig rfc2136(const std::string& key_file) {
    return {.name = "own", .type = DnsProviderType::rfc2136, .key_file = key_file};
  }
  std::string file(const std::string& name, const std::string& text) {
    haproxy::test::write_file(folder_.path(name), text);
    return folder_.path(name);
  }

  base::asio::io_context loop_{1};
  base::asio::thread_pool pool_{1};
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::NullLog log_;
  haproxy::test::TempFolder folder_;
};

TEST_F(DnsServiceTest, PublishesAtARealServerAndWithdraws) {
  if (!test::KnotServer::is_installed()) GTEST_SKIP() << "knotd is not installed";
  const test::KnotServer knot;
  const DnsServer server{"127.0.0.1", knot.port()};
  DnsProviderConfig provider =
      rfc2136(file("key", std::string("hmac-sha256:acme.key:") + test::KnotServer::secret));
  provider.server = server;
  const auto service = make({.resolvers = {server},
                             .propagation = {.interval = 10ms, .servers = {server}},
                             .providers = {provider}});
  const TxtRecord record{.fqdn = name("_acme-challenge.www.example.test"), .value = "value"};
  EXPECT_TRUE(test::run(loop_, service->publish(record, nullptr)));
  EXPECT_THAT(test::run(loop_, look_up_texts(service->resolver(), record.fqdn)).value(),
              ElementsAre("value"));
  EXPECT_TRUE(test::run(loop_, service->withdraw(record)));
  EXPECT_THAT(test::run(loop_, look_up_texts(service->resolver(), record.fqdn)).value(), IsEmpty());
}

TEST_F(DnsServiceTest, ARealServersCaaIsHeard) {
  if (!test::KnotServer::is_installed()) GTEST_SKIP() << "knotd is not installed";
  const test::KnotServer knot;
  const auto service = make({.resolvers = {{"127.0.0.1", knot.port()}}});
  PreflightQuestion question{.name = base::DomainName::parse("www.example.test").value(),
                             .caa = {.identities = {"other.example"}, .challenge = "http-01"}};
  const PreflightVerdict verdict = test::run(loop_, service->preflight().check(question));
  EXPECT_THAT(verdict.obstacles,
              ElementsAre(HasSubstr("example.test: CAA allows \"ca.example\" only")));
  question.caa.identities = {"ca.example"};
  const PreflightVerdict allowed = test::run(loop_, service->preflight().check(question));
  EXPECT_EQ(allowed.decision, PreflightVerdict::Decision::go);
  EXPECT_THAT(allowed.doubts, IsEmpty());
}

TEST_F(DnsServiceTest, SaysWhichFileOfWhichKeyCannotBeUsed) {
  const auto error_of = [this](const DnsProviderConfig& provider) -> std::string {
    try {
      make({.resolvers = {{"127.0.0.1", 1}}, .providers = {provider}});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(
      error_of(rfc2136(folder_.path("absent"))),
      "dns.providers: own: key_file: " + folder_.path("absent") + ": No such file or directory");
  EXPECT_THAT(error_of(rfc2136(file("key", "nonsense"))),
              HasSubstr(folder_.path("key") + ": is neither"));
  EXPECT_THAT(error_of({.name = "web",
                        .type = DnsProviderType::http,
                        .url = "https://h.test",
                        .username = "u",
                        .password_file = folder_.path("none")}),
              HasSubstr("dns.providers: web: password_file"));
}

TEST_F(DnsServiceTest, WithoutProvidersItSaysSo) {
  const auto service = make({.resolvers = {{"127.0.0.1", 1}}, .delegation = DnsDelegation::ignore});
  EXPECT_FALSE(service->has_providers());
  EXPECT_EQ(
      test::run(loop_,
                service->publish({.fqdn = name("_acme-challenge.a.test"), .value = "v"}, nullptr))
          .error(),
      (DnsError{DnsErrc::configuration,
                "no DNS provider is configured for _acme-challenge.a.test"}));
}

}  // namespace
}  // namespace agent
