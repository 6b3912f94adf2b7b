#include "agent/dns/lookups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using dns::RecordType;
using test::name;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LookupsTest : public testing::Test {
 protected:
  auto canonical(std::string_view text) {
    return test::run(loop_, canonical_name(resolver_, name(text)));
  }
  void alias(const std::string& from, const std::string& to) {
    resolver_.set(from, RecordType::cname, {name(to)});
  }

  base::asio::io_context loop_{1};
  test::ScriptedResolver resolver_;
};

TEST_F(LookupsTest, FollowsAliasesToTheirEnd) {
  alias("_acme-challenge.a.test", "a.delegated.test");
  alias("a.delegated.test", "b.delegated.test");
  EXPECT_EQ(canonical("_acme-challenge.a.test").value(), name("b.delegated.test"));
  EXPECT_EQ(canonical("b.delegated.test").value(), name("b.delegated.test"));
}

TEST_F(LookupsTest, FollowsEightAliasesAndNoMore) {
  for (int i = 0; i < 8; ++i) {
    alias("n" + std::to_string(i) + ".test", "n" + std::to_string(i + 1) + ".test");
  }
  EXPECT_EQ(canonical("n0.test").value(), name("n8.test"));
  alias("n8.test", "n9.test");
  const auto too_far = canonical("n0.test");
  EXPECT_EQ(too_far.error().code, DnsErrc::configuration);
  EXPECT_THAT(too_far.error().message, HasSubstr("more than 8 CNAMEs in a row from n0.test"));
}

TEST_F(LookupsTest, SaysThatAliasesGoInALoop) {
  alias("a.test", "b.test");
  alias("b.test", "a.test");
  EXPECT_EQ(canonical("a.test").error(),
            (DnsError{DnsErrc::configuration, "the CNAMEs of a.test go in a loop at a.test"}));
  EXPECT_THAT(test::run(loop_, look_up_texts(resolver_, name("a.test"))).error().message,
              HasSubstr("go in a loop"));
}

TEST_F(LookupsTest, FindsTextsBehindAnAlias) {
  alias("a.test", "b.test");
  resolver_.set("b.test", RecordType::txt, {dns::Text{"one"}, dns::Text{"two"}});
  EXPECT_THAT(test::run(loop_, look_up_texts(resolver_, name("a.test"))).value(),
              ElementsAre("one", "two"));
}

TEST_F(LookupsTest, FindsTheZoneFromItsApexAndFromBelow) {
  resolver_.add_zone("example.test", "ns1.example.test");
  const DnsZone expected{name("example.test"), name("ns1.example.test")};
  for (const char* below : {"example.test", "_acme-challenge.a.example.test"}) {
    EXPECT_EQ(test::run(loop_, zone_of(resolver_, name(below))).value(), expected);
  }
  EXPECT_EQ(test::run(loop_, zone_of(resolver_, name("other"))).error().code,
            DnsErrc::configuration);
  resolver_.fail("a.example.test", RecordType::soa);
  EXPECT_EQ(test::run(loop_, zone_of(resolver_, name("a.example.test"))).error().code,
            DnsErrc::transient);
}

TEST_F(LookupsTest, FindsTheNameServersAndTheirAddresses) {
  resolver_.set("example.test", RecordType::ns, {name("ns1.test"), name("ns2.test")});
  resolver_.set("ns1.test", RecordType::a, {dns::Address{"192.0.2.1"}});
  resolver_.set("ns1.test", RecordType::aaaa, {dns::Address{"2001:db8::1"}});
  EXPECT_THAT(test::run(loop_, name_servers(resolver_, name("example.test"))).value(),
              ElementsAre(NameServer{name("ns1.test"), {"2001:db8::1", "192.0.2.1"}},
                          NameServer{name("ns2.test"), {}}));
  resolver_.set("lame.test", RecordType::ns, {name("nowhere.test")});
  EXPECT_EQ(
      test::run(loop_, name_servers(resolver_, name("lame.test"))).error(),
      (DnsError{DnsErrc::configuration, "the zone lame.test has no name server with an address"}));
}

}  // namespace
}  // namespace agent
