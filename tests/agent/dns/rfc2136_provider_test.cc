#include "agent/dns/rfc2136_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/dns/cares_resolver.h"
#include "agent/dns/lookups.h"
#include "tests/agent/dns/knot_server.h"
#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_dns_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using test::name;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string one = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
const std::string two = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq";

dns::TsigKey key(const std::string& name = "acme.key",
                 const std::string& algorithm = "hmac-sha256",
                 const std::string& secret = test::KnotServer::secret) {
  return dns::parse_tsig_key(algorithm + ":" + name + ":" + secret).value();
}

TxtRecord record(std::string_view fqdn, const std::string& value) {
  return {.fqdn = name(fqdn), .value = value};
}

/// Against a real name server.
class Rfc2136KnotTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::KnotServer::is_installed()) GTEST_SKIP() << "knotd is not installed";
  }
  void start(const std::string& algorithm = "hmac-sha256") {
    knot_.emplace(algorithm);
    server_ = {"127.0.0.1", knot_->port()};
    resolver_.emplace(loop_.get_executor(), ResolverOptions{.resolvers = {server_}});
    open({.server = server_, .key = key("acme.key", algorithm)});
  }
  void open(Rfc2136Options options) {
    provider_.emplace(*resolver_, clock_, random_, std::move(options));
  }
  DnsProvider::Outcome add(const TxtRecord& wanted) {
    return test::run(loop_, provider_->add(wanted));
  }
  DnsProvider::Outcome remove(const TxtRecord& wanted) {
    return test::run(loop_, provider_->remove(wanted));
  }
  std::vector<std::string> texts(std::string_view owner) {
    return test::run(loop_, look_up_texts(*resolver_, name(owner))).value();
  }

  static constexpr const char* fqdn = "_acme-challenge.www.example.test";

  base::asio::io_context loop_{1};
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::optional<test::KnotServer> knot_;
  DnsServer server_;
  std::optional<CaresResolver> resolver_;
  std::optional<Rfc2136Provider> provider_;
};

TEST_F(Rfc2136KnotTest, AddsBesideWhatIsThereAndRemovesExactlyOne) {
  start();
  EXPECT_TRUE(add(record(fqdn, one)));
  EXPECT_TRUE(add(record(fqdn, two)));
  EXPECT_THAT(texts(fqdn), UnorderedElementsAre(one, two));
  EXPECT_TRUE(remove(record(fqdn, one)));
  EXPECT_THAT(texts(fqdn), ElementsAre(two));
  EXPECT_TRUE(remove(record(fqdn, two)));
  EXPECT_THAT(texts(fqdn), IsEmpty());
}

TEST_F(Rfc2136KnotTest, OnceIsAsGoodAsTwice) {
  start();
  EXPECT_TRUE(remove(record(fqdn, one)));
  EXPECT_TRUE(add(record(fqdn, one)));
  EXPECT_TRUE(add(record(fqdn, one)));
  EXPECT_THAT(texts(fqdn), ElementsAre(one));
  EXPECT_TRUE(remove(record(fqdn, one)));
  EXPECT_TRUE(remove(record(fqdn, one)));
  EXPECT_THAT(texts(fqdn), IsEmpty());
}

TEST_F(Rfc2136KnotTest, SignsByTheLongerAlgorithmsToo) {
  for (const char* algorithm : {"hmac-sha384", "hmac-sha512"}) {
    start(algorithm);
    EXPECT_TRUE(add(record(fqdn, one))) << algorithm;
    EXPECT_THAT(texts(fqdn), ElementsAre(one)) << algorithm;
  }
}

TEST_F(Rfc2136KnotTest, FindsTheZoneOfEachName) {
  start();
  EXPECT_TRUE(add(record("_acme-challenge.other.test", one)));
  EXPECT_TRUE(add(record("_acme-challenge.a.b.c.example.test", two)));
  EXPECT_THAT(texts("_acme-challenge.other.test"), ElementsAre(one));
  EXPECT_THAT(texts("_acme-challenge.a.b.c.example.test"), ElementsAre(two));
}

base::asio::awaitable<void> add_one(DnsProvider& provider, TxtRecord wanted, int& added) {
  const auto outcome = co_await provider.add(std::move(wanted));
  if (outcome) ++added;
}

TEST_F(Rfc2136KnotTest, WhatArrivesMeanwhileGoesInOneUpdate) {
  start();
  int added = 0;
  for (int i = 0; i < 100; ++i) {
    base::asio::co_spawn(
        loop_,
        add_one(*provider_,
                record("_acme-challenge.n" + std::to_string(i) + ".example.test", one),
                added),
        [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  }
  loop_.run_for(30s);
  EXPECT_EQ(added, 100);
  EXPECT_THAT(texts("_acme-challenge.n99.example.test"), ElementsAre(one));
}

TEST_F(Rfc2136KnotTest, SaysThatTheKeyIsNotKnown) {
  start();
  open({.server = server_, .key = key("nobody.key")});
  const auto outcome = add(record(fqdn, one));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message, HasSubstr("BADKEY: it does not know the key nobody.key"));
}

TEST_F(Rfc2136KnotTest, SaysThatTheSecretIsAnother) {
  start();
  open({.server = server_, .key = key("acme.key", "hmac-sha256", "bm90IHRoZSBzZWNyZXQ=")});
  const auto outcome = add(record(fqdn, one));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message, HasSubstr("BADSIG: it has another secret"));
}

TEST_F(Rfc2136KnotTest, SaysThatTheKeyMayNotUpdate) {
  start();
  open({.server = server_, .key = key("foreign.key")});
  const auto outcome = add(record(fqdn, one));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message, HasSubstr("the server answers"));
  EXPECT_THAT(texts(fqdn), IsEmpty());
}

TEST_F(Rfc2136KnotTest, SaysThatTheClockIsWrong) {
  start();
  struct Slow final : base::Clock {
    base::WallTime wall() const override { return base::SystemClock().wall() - 1h; }
    base::MonotonicTime monotonic() const override { return base::SystemClock().monotonic(); }
  } slow;
  Rfc2136Provider late(*resolver_, slow, random_, {.server = server_, .key = key()});
  const auto outcome = test::run(loop_, late.add(record(fqdn, one)));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message,
              testing::ContainsRegex(
                  "BADTIME: its clock and ours are too far apart .ours is (3599|3600) s behind."));
}

TEST_F(Rfc2136KnotTest, SaysThatTheZoneIsNotTheServers) {
  start();
  open({.server = server_, .zone = name("www.example.test"), .key = key()});
  const auto outcome = add(record(fqdn, one));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message, HasSubstr("NOTAUTH"));
}

/// Against a server that does what the test wants.
class Rfc2136FaultTest : public testing::Test {
 protected:
  using Fill = fakes::FakeDnsServer::Answer;

  DnsProvider::Outcome add_at(const Fill& fill, const TxtRecord& wanted = any()) {
    server_.emplace(fill);
    return add_at_port(server_->port(), wanted);
  }
  DnsProvider::Outcome add_at_port(std::uint16_t port, const TxtRecord& wanted = any()) {
    Rfc2136Provider provider(
        resolver_,
        clock_,
        random_,
        {.server = DnsServer{"127.0.0.1", port}, .zone = name("example.test"), .timeout = 200ms});
    return test::run(loop_, provider.add(wanted));
  }
  static TxtRecord any() { return record("_acme-challenge.example.test", one); }
  static Fill rcode(dns::Rcode code) {
    return [code](const dns::Message&, dns::Message reply, fakes::DnsTransport) {
      reply.rcode = code;
      return std::optional(reply);
    };
  }

  base::asio::io_context loop_{1};
  fakes::FakeClock clock_;
  base::SystemRandom random_;
  test::ScriptedResolver resolver_;
  std::optional<fakes::FakeDnsServer> server_;
};

TEST_F(Rfc2136FaultTest, EachRcodeIsAnAction) {
  EXPECT_TRUE(add_at(rcode(dns::Rcode::no_error)));
  EXPECT_EQ(add_at(rcode(dns::Rcode::server_failure)).error().code, DnsErrc::transient);
  for (const auto code :
       {dns::Rcode::refused, dns::Rcode::not_authoritative, dns::Rcode::not_in_zone}) {
    EXPECT_EQ(add_at(rcode(code)).error().code, DnsErrc::configuration) << to_string(code);
  }
}

TEST_F(Rfc2136FaultTest, NoReplyIsTransient) {
  const auto silent = add_at([](const auto&, const auto&, auto) { return std::nullopt; });
  EXPECT_EQ(silent.error().code, DnsErrc::transient);
  EXPECT_THAT(silent.error().message, HasSubstr("no whole reply within 200 ms"));
  const fakes::ClosedPort closed;
  const auto nobody = add_at_port(closed.port());
  EXPECT_EQ(nobody.error().code, DnsErrc::transient);
  EXPECT_THAT(nobody.error().message, HasSubstr("Connection refused"));
}

TEST_F(Rfc2136FaultTest, AReplyToSomethingElseIsNotTaken) {
  const auto outcome = add_at([](const auto&, dns::Message reply, auto) {
    ++reply.id;
    return std::optional(reply);
  });
  EXPECT_THAT(outcome.error().message, HasSubstr("the reply is to something else"));
}

TEST_F(Rfc2136FaultTest, AnUnsignedSuccessIsNotBelieved) {
  server_.emplace(rcode(dns::Rcode::no_error));
  Rfc2136Provider provider(resolver_,
                           clock_,
                           random_,
                           {.server = DnsServer{"127.0.0.1", server_->port()},
                            .zone = name("example.test"),
                            .key = key()});
  EXPECT_THAT(test::run(loop_, provider.add(any())).error().message, HasSubstr("is not signed"));
}

TEST_F(Rfc2136FaultTest, ANameOutsideOfTheZoneIsNotSent) {
  const auto outcome =
      add_at(rcode(dns::Rcode::no_error), record("_acme-challenge.other.test", one));
  EXPECT_EQ(outcome.error(),
            (DnsError{DnsErrc::configuration,
                      "_acme-challenge.other.test is not in the zone example.test"}));
  EXPECT_TRUE(server_->questions().empty());
}

TEST_F(Rfc2136FaultTest, OneNameThatIsRefusedCostsOneName) {
  std::vector<std::size_t> sizes;  // of the updates
  server_.emplace([&](const dns::Message& update, dns::Message reply, fakes::DnsTransport) {
    sizes.push_back(update.authority.size());
    for (const dns::Record& change : update.authority) {
      if (change.owner == name("_acme-challenge.bad.example.test"))
        reply.rcode = dns::Rcode::refused;
    }
    return std::optional(reply);
  });
  Rfc2136Provider provider(
      resolver_,
      clock_,
      random_,
      {.server = DnsServer{"127.0.0.1", server_->port()}, .zone = name("example.test")});
  int added = 0;
  for (const char* host : {"first", "a", "bad", "b"}) {
    const std::string fqdn = std::string("_acme-challenge.") + host + ".example.test";
    base::asio::co_spawn(loop_,
                         add_one(provider, record(fqdn, one), added),
                         [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  }
  loop_.run_for(20s);
  EXPECT_EQ(added, 3);
  EXPECT_THAT(sizes, ElementsAre(1U, 3U, 1U, 1U, 1U));
}

TEST_F(Rfc2136FaultTest, AsksTheZonesPrimaryIfNoServerIsConfigured) {
  resolver_.add_zone("example.test", "ns1.example.test");
  Rfc2136Provider provider(resolver_, clock_, random_, {.timeout = 100ms});
  const auto outcome = test::run(loop_, provider.add(any()));
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message,
              HasSubstr("primary name server ns1.example.test has no address"));
}

}  // namespace
}  // namespace agent
