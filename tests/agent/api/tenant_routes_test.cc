#include "agent/api/tenant_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

using TenantRoutesTest = ApiFixture;

TEST_F(TenantRoutesTest, PutsShowsListsAndRemoves) {
  const HttpReply added = put("/v1/tenants/alice", R"({"title": "Alice", "wildcard_after": 5})");
  EXPECT_EQ(added.status, 201u);
  EXPECT_EQ(added.json()["wildcard_after"], 5);
  const HttpReply changed = put("/v1/tenants/alice", R"({"title": "Alicia"})");
  EXPECT_EQ(changed.status, 200u);
  EXPECT_EQ(changed.json()["wildcard_after"], nullptr) << "what a PUT leaves out gets its default";
  EXPECT_EQ(put("/v1/tenants/bob", "{}").status, 201u);
  EXPECT_EQ(get("/v1/tenants/alice").json()["title"], "Alicia");
  const json first = get("/v1/tenants?limit=1").json();
  EXPECT_EQ(first["tenants"].size(), 1u);
  EXPECT_EQ(get("/v1/tenants?cursor=" + std::string(first["next"])).json()["tenants"][0]["id"],
            "bob");
  EXPECT_EQ(remove("/v1/tenants/bob").status, 204u);
  EXPECT_EQ(remove("/v1/tenants/bob").status, 404u);
  EXPECT_EQ(get("/v1/tenants/bob").json()["type"], "urn:acme-spoa:problem:unknown-tenant");
}

TEST_F(TenantRoutesTest, RefusesWhatIsNoTenant) {
  const HttpReply reply = put("/v1/tenants/Alice", R"({"wildcard_after": -1})");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(reply.json()["errors"][0]["rule"], "tenant-id");
  EXPECT_EQ(reply.json()["errors"][1]["field"], "wildcard_after");
  EXPECT_EQ(put("/v1/tenants/a", R"({"wildcard_after": 1.5})").json()["errors"][0]["rule"], "type");
}

TEST_F(TenantRoutesTest, KeepsATenantThatHasZones) {
  ASSERT_EQ(put("/v1/tenants/alice", "{}").status, 201u);
  ASSERT_EQ(put("/v1/zones/example.org", R"({"tenant": "alice"})").status, 201u);
  const HttpReply reply = remove("/v1/tenants/alice");
  EXPECT_EQ(reply.status, 409u);
  EXPECT_THAT(std::string(reply.json()["detail"]), HasSubstr("example.org"));
}

}  // namespace
}  // namespace agent
