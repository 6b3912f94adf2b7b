#include "agent/api/haproxy_routes.h"

#include <gmock/gmock.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HaproxyRoutesTest : public ApiFixture {
 protected:
  void add(const std::string& name) {
    in_store([&](Store& store) {
      const std::vector<HostnameSettings> settings = {
          {.name = base::DomainName::parse(name).value()}};
      store.add_hostnames(settings, now()).value();
    });
  }
};

TEST_F(HaproxyRoutesTest, ShowEachInstance) {
  const HttpReply reply = get("/v1/haproxy");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"edge")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("desired":7)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("last_proof":null)"));
}

TEST_F(HaproxyRoutesTest, ChangeNothingInADryRun) {
  haproxy_.plan.add = 1;
  haproxy_.plan.steps = {{"add", "/c/a.pem"}};
  const HttpReply reply = post("/v1/haproxy/sync", R"({"dry_run": true})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"({"action":"add","path":"/c/a.pem"})"));
  EXPECT_THAT(haproxy_.modes, ElementsAre(HaproxyControl::SyncMode::look_only));
}

TEST_F(HaproxyRoutesTest, RefuseAnInstanceThatIsNotConfigured) {
  const HttpReply reply = post("/v1/haproxy/sync", R"({"instance": "other"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("there is no HAProxy of that name"));
  EXPECT_TRUE(haproxy_.modes.empty());
}

TEST_F(HaproxyRoutesTest, SayOfEachHostnameWhetherItIsServed) {
  for (const char* name : {"a.example", "broken.example", "new.example"}) add(name);
  issue("a.example", now() + std::chrono::hours(1));
  issue("broken.example", now() + std::chrono::hours(1));
  const HttpReply reply =
      post("/v1/haproxy/verify", R"({"names": ["a.example", "broken.example", "new.example"]})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body,
              HasSubstr(R"({"name":"a.example","instance":"edge","served":true,"error":""})"));
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"broken.example","instance":"edge","served":false)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"new.example","instance":"","served":false)"));
}

}  // namespace
}  // namespace agent
