#include "agent/dns/routed_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using dns::RecordType;
using test::name;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Remembers what it is asked for.
class Recorder final : public DnsProvider {
 public:
  std::vector<std::string> calls;
  base::asio::awaitable<Outcome> add(TxtRecord record) override {
    calls.push_back("add " + record.fqdn.text());
    co_return Outcome();
  }
  base::asio::awaitable<Outcome> remove(TxtRecord record) override {
    calls.push_back("remove " + record.fqdn.text());
    co_return Outcome();
  }
};

class RoutedProviderTest : public testing::Test {
 protected:
  using Delegation = RoutedProvider::Delegation;

  RoutedProvider make(Delegation delegation = Delegation::followed) {
    return {resolver_,
            {{.name = "wide", .zones = {name("test")}, .provider = &wide_},
             {.name = "narrow", .zones = {name("narrow.test")}, .provider = &narrow_},
             {.name = "acme-dns",
              .zones = {name("customer.test")},
              .provider = &own_,
              .aliases = DnsRoute::Aliases::its_own}},
            delegation};
  }
  DnsProvider::Outcome add(RoutedProvider& provider, std::string_view fqdn) {
    return test::run(loop_, provider.add({.fqdn = name(fqdn), .value = "v"}));
  }
  DnsProvider::Outcome remove(RoutedProvider& provider, std::string_view fqdn) {
    return test::run(loop_, provider.remove({.fqdn = name(fqdn), .value = "v"}));
  }

  base::asio::io_context loop_{1};
  test::ScriptedResolver resolver_;
  Recorder wide_;
  Recorder narrow_;
  Recorder own_;
};

TEST_F(RoutedProviderTest, TheLongestZoneServesTheName) {
  RoutedProvider provider = make();
  EXPECT_TRUE(add(provider, "_acme-challenge.a.narrow.test"));
  EXPECT_TRUE(add(provider, "_acme-challenge.other.test"));
  EXPECT_THAT(narrow_.calls, ElementsAre("add _acme-challenge.a.narrow.test"));
  EXPECT_THAT(wide_.calls, ElementsAre("add _acme-challenge.other.test"));
}

TEST_F(RoutedProviderTest, ARecordGoesWhereTheCnameEnds) {
  resolver_.set("_acme-challenge.a.foreign", RecordType::cname, {name("a.narrow.test")});
  RoutedProvider provider = make();
  EXPECT_TRUE(add(provider, "_acme-challenge.a.foreign"));
  EXPECT_EQ(test::run(loop_, provider.destination(name("_acme-challenge.a.foreign"))).value(),
            name("a.narrow.test"));
  EXPECT_TRUE(remove(provider, "_acme-challenge.a.foreign"));
  EXPECT_THAT(narrow_.calls, ElementsAre("add a.narrow.test", "remove a.narrow.test"));
}

TEST_F(RoutedProviderTest, AValueIsRemovedWhereItWasAddedThoughTheCnameHasGone) {
  resolver_.set("_acme-challenge.a.foreign", RecordType::cname, {name("a.narrow.test")});
  RoutedProvider provider = make();
  EXPECT_TRUE(add(provider, "_acme-challenge.a.foreign"));
  resolver_.fail("_acme-challenge.a.foreign", RecordType::cname);
  EXPECT_TRUE(remove(provider, "_acme-challenge.a.foreign"));
  EXPECT_THAT(narrow_.calls, ElementsAre("add a.narrow.test", "remove a.narrow.test"));
}

TEST_F(RoutedProviderTest, AcmeDnsLooksAfterTheCnameItself) {
  resolver_.set("_acme-challenge.customer.test", RecordType::cname, {name("u1.auth.foreign")});
  RoutedProvider provider = make();
  EXPECT_TRUE(add(provider, "_acme-challenge.customer.test"));
  EXPECT_THAT(own_.calls, ElementsAre("add _acme-challenge.customer.test"));
}

TEST_F(RoutedProviderTest, SaysThatNobodyServesTheName) {
  resolver_.set("_acme-challenge.a.test", RecordType::cname, {name("a.elsewhere")});
  RoutedProvider provider = make();
  EXPECT_EQ(add(provider, "_acme-challenge.a.test").error(),
            (DnsError{DnsErrc::configuration,
                      "no DNS provider is configured for a.elsewhere, where the CNAME of "
                      "_acme-challenge.a.test ends"}));
  EXPECT_THAT(wide_.calls, IsEmpty());
}

TEST_F(RoutedProviderTest, FollowsNoCnameIfThatIsNotWanted) {
  resolver_.set("_acme-challenge.a.test", RecordType::cname, {name("a.elsewhere")});
  RoutedProvider provider = make(Delegation::ignored);
  EXPECT_TRUE(add(provider, "_acme-challenge.a.test"));
  EXPECT_THAT(wide_.calls, ElementsAre("add _acme-challenge.a.test"));
}

TEST_F(RoutedProviderTest, AProviderWithoutZonesServesWhatNobodyElseDoes) {
  RoutedProvider provider(
      resolver_,
      {{.name = "rest", .provider = &wide_},
       {.name = "narrow", .zones = {name("narrow.test")}, .provider = &narrow_}},
      Delegation::ignored);
  EXPECT_TRUE(add(provider, "a.narrow.test"));
  EXPECT_TRUE(add(provider, "a.elsewhere"));
  EXPECT_THAT(narrow_.calls, ElementsAre("add a.narrow.test"));
  EXPECT_THAT(wide_.calls, ElementsAre("add a.elsewhere"));
}

TEST_F(RoutedProviderTest, WithoutAnAnswerNothingIsAdded) {
  resolver_.fail("_acme-challenge.a.test", RecordType::cname);
  RoutedProvider provider = make();
  EXPECT_EQ(add(provider, "_acme-challenge.a.test").error().code, DnsErrc::transient);
  EXPECT_THAT(wide_.calls, IsEmpty());
}

}  // namespace
}  // namespace agent
