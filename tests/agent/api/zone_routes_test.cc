#include "agent/api/zone_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class ZoneRoutesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ASSERT_EQ(put("/v1/tenants/alice", "{}").status, 201u);
    ASSERT_EQ(put("/v1/tenants/bob", "{}").status, 201u);
  }
};

TEST_F(ZoneRoutesTest, PutsShowsListsAndRemoves) {
  const HttpReply added =
      put("/v1/zones/Bücher.example.", R"({"tenant": "alice", "wildcard_after": 3})");
  EXPECT_EQ(added.status, 201u);
  EXPECT_EQ(added.json()["name"], "xn--bcher-kva.example");
  EXPECT_EQ(added.json()["unicode_name"], "bücher.example");
  EXPECT_EQ(added.json()["dns"], "configured");
  EXPECT_EQ(put("/v1/zones/example.com", R"({"tenant": "bob", "dns": "none"})").status, 201u);
  EXPECT_EQ(get("/v1/zones").json()["zones"].size(), 2u);
  EXPECT_EQ(get("/v1/zones?tenant=bob").json()["zones"][0]["name"], "example.com");
  EXPECT_EQ(remove("/v1/zones/example.com").status, 204u);
  EXPECT_EQ(get("/v1/zones/example.com").json()["type"], "urn:acme-spoa:problem:unknown-zone");
}

TEST_F(ZoneRoutesTest, SaysWhyThereIsNoWildcard) {
  const json zone = put("/v1/zones/example.org", R"({"tenant": "alice"})").json();
  EXPECT_EQ(zone["wildcard"], nullptr);
  EXPECT_THAT(std::string(zone["wildcard_refusal"]), HasSubstr("challenges.types"));
  const json without = put("/v1/zones/example.com", R"({"tenant": "alice", "dns": "none"})").json();
  EXPECT_THAT(std::string(without["wildcard_refusal"]), HasSubstr("example.com is none"));
}

TEST_F(ZoneRoutesTest, RefusesByRule) {
  const auto rule = [this](const std::string& zone, const std::string& body) {
    const HttpReply reply = put("/v1/zones/" + zone, body);
    return std::to_string(reply.status) + " " + std::string(reply.json()["errors"][0]["rule"]);
  };
  EXPECT_EQ(rule("co.uk", R"({"tenant": "alice"})"), "400 public-suffix");
  EXPECT_EQ(rule("*.example.org", R"({"tenant": "alice"})"), "400 zone-name");
  EXPECT_EQ(rule("example.org", "{}"), "400 required");
  ASSERT_EQ(put("/v1/zones/example.org", R"({"tenant": "alice"})").status, 201u);
  EXPECT_EQ(rule("example.org", R"({"tenant": "bob"})"), "403 zone-of-another-tenant");
  EXPECT_EQ(put("/v1/zones/a.example", R"({"tenant": "carol"})").json()["type"],
            "urn:acme-spoa:problem:unknown-tenant");
}

TEST_F(ZoneRoutesTest, HostnamesHaveTheirZoneAndAreListedByIt) {
  ASSERT_EQ(put("/v1/zones/example.org", R"({"tenant": "alice"})").status, 201u);
  ASSERT_EQ(post("/v1/hostnames", R"({"names": ["www.example.org", "www.example.com"]})").status,
            200u);
  EXPECT_EQ(get("/v1/hostnames/www.example.org").json()["zone"], "example.org");
  EXPECT_EQ(get("/v1/hostnames/www.example.com").json()["zone"], nullptr);
  EXPECT_EQ(get("/v1/hostnames?tenant=alice").json()["hostnames"].size(), 1u);
  EXPECT_EQ(get("/v1/hostnames?zone=example.org").json()["hostnames"].size(), 1u);
  EXPECT_EQ(get("/v1/hostnames?tenant=bob").json()["hostnames"].size(), 0u);
  EXPECT_EQ(remove("/v1/zones/example.org").status, 409u);
}

}  // namespace
}  // namespace agent
