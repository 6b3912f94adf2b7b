#include "agent/api/export_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ExportRoutesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ASSERT_EQ(put("/v1/tenants/alice", "{}").status, 201u);
    ASSERT_EQ(put("/v1/zones/example.org", R"({"tenant": "alice"})").status, 201u);
    ASSERT_EQ(post("/v1/hostnames", R"({"names": ["www.example.org", "new.example.org"]})").status,
              200u);
    ASSERT_EQ(post("/v1/hostnames", R"({"names": ["www.example.net"]})").status, 200u);
    of_alice_ = std::to_string(issue("www.example.org", now() + 24h).value());
    of_nobody_ = std::to_string(issue("www.example.net", now() + 24h).value());
  }

  std::string token(const std::string& body) { return post("/v1/tokens", body).json()["token"]; }
  HttpReply ask(const std::string& token, const std::string& target) {
    HttpPeer peer(guarded_);
    return peer.request("GET", target, "", "Authorization: Bearer " + token + "\r\n");
  }
  std::vector<json> exports() {
    std::vector<json> found;
    const json reply = get("/v1/events").json();
    for (const json& event : reply["events"]) {
      if (event["kind"] == "certificate exported") found.push_back(event);
    }
    return found;
  }

  std::string of_alice_;
  std::string of_nobody_;
  base::Endpoint guarded_ = server_.listen_guarded(api_.admin_routes(), api_.tokens());
};

TEST_F(ExportRoutesTest, GivesTheChainByHostnameAndId) {
  for (const std::string& name : {std::string("www.example.org"), of_alice_}) {
    const HttpReply reply = get("/v1/certificates/" + name + "/chain");
    EXPECT_EQ(reply.status, 200u) << name;
    EXPECT_EQ(reply.header.at("content-type"), "application/pem-certificate-chain");
    EXPECT_EQ(reply.body, "chain");
  }
  EXPECT_TRUE(exports().empty());
}

TEST_F(ExportRoutesTest, GivesTheKeyOverTheSocketAndSaysSoInTheHistory) {
  const HttpReply reply = get("/v1/certificates/www.example.org/bundle");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.header.at("content-type"), "application/x-pem-file");
  EXPECT_EQ(reply.body, "chainthe private key");
  ASSERT_EQ(exports().size(), 1u);
  EXPECT_EQ(exports()[0]["subject"], "www.example.org");
  EXPECT_EQ(exports()[0]["actor"], "socket");
  EXPECT_THAT(std::string(exports()[0]["detail"]), HasSubstr("serial="));
}

TEST_F(ExportRoutesTest, GivesNoTokenAKey) {
  const std::string admin = token(R"({"name": "root", "scope": "admin"})");
  const std::string alice = token(R"({"name": "a", "scope": "tenant", "tenant": "alice"})");
  for (const std::string& one : {admin, alice}) {
    const HttpReply reply = ask(one, "/v1/certificates/www.example.org/bundle");
    EXPECT_EQ(reply.status, 403u);
    EXPECT_THAT(reply.body, Not(HasSubstr("the private key")));
  }
  EXPECT_TRUE(exports().empty());
}

TEST_F(ExportRoutesTest, ATenantSeesOnlyItsOwn) {
  const std::string alice = token(R"({"name": "a", "scope": "tenant", "tenant": "alice"})");
  EXPECT_EQ(ask(alice, "/v1/certificates/www.example.org/chain").body, "chain");
  EXPECT_EQ(ask(alice, "/v1/certificates/" + of_alice_ + "/chain").status, 200u);
  EXPECT_EQ(ask(alice, "/v1/certificates/www.example.net/chain").status, 404u);
  EXPECT_EQ(ask(alice, "/v1/certificates/" + of_nobody_ + "/chain").status, 404u);
  const std::string reader = token(R"({"name": "r", "scope": "read-only"})");
  EXPECT_EQ(ask(reader, "/v1/certificates/www.example.net/chain").status, 200u);
}

TEST_F(ExportRoutesTest, SaysWhatIsNotThere) {
  for (const char* name : {"new.example.org", "other.example.org", "9999", "a..b"}) {
    const std::string target = std::string("/v1/certificates/") + name;
    const unsigned expected = std::string(name) == "a..b" ? 400u : 404u;
    EXPECT_EQ(get(target + "/chain").status, expected) << name;
    EXPECT_EQ(get(target + "/bundle").status, expected) << name;
  }
  EXPECT_TRUE(exports().empty());
}

}  // namespace
}  // namespace agent
