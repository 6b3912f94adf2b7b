#include "agent/api/token_routes.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TokenRoutesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ASSERT_EQ(put("/v1/tenants/alice", "{}").status, 201u);
    ASSERT_EQ(put("/v1/tenants/bob", "{}").status, 201u);
    ASSERT_EQ(put("/v1/zones/example.org", R"({"tenant": "alice"})").status, 201u);
    ASSERT_EQ(put("/v1/zones/example.net", R"({"tenant": "bob"})").status, 201u);
    ASSERT_EQ(post("/v1/hostnames", R"({"names": ["www.example.net"]})").status, 200u);
  }

  std::string token(const std::string& body) {
    const HttpReply reply = post("/v1/tokens", body);
    EXPECT_EQ(reply.status, 201u) << reply.body;
    return reply.json()["token"];
  }
  std::string alices() { return token(R"({"name": "a", "scope": "tenant", "tenant": "alice"})"); }

  /// On the socket that asks for a token.
  HttpReply ask(std::string_view token,
                std::string_view method,
                std::string_view target,
                std::string_view body = "") {
    HttpPeer peer(guarded_);
    return peer.request(
        method, target, body, "Authorization: Bearer " + std::string(token) + "\r\n");
  }
  unsigned status(std::string_view token, std::string_view target) {
    return ask(token, "GET", target).status;
  }

  base::Endpoint guarded_ = server_.listen_guarded(api_.admin_routes(), api_.tokens());
};

TEST_F(TokenRoutesTest, TheTextIsToldOnceAndNeverListed) {
  const std::string text = token(R"({"name": "ci", "scope": "admin"})");
  EXPECT_THAT(text, StartsWith("acme_spoa_"));
  EXPECT_EQ(text.size(), 10u + 43u) << "32 bytes in base64url";
  const HttpReply list = get("/v1/tokens");
  EXPECT_THAT(list.body, Not(HasSubstr(text.substr(10))));
  EXPECT_EQ(list.json()["tokens"][0]["name"], "ci");
  const HttpReply twice = post("/v1/tokens", R"({"name": "ci", "scope": "admin"})");
  EXPECT_EQ(twice.status, 409u);
}

TEST_F(TokenRoutesTest, RefusesWhatIsNoToken) {
  const auto rule = [this](const std::string& body) {
    return std::string(post("/v1/tokens", body).json()["errors"][0]["rule"]);
  };
  EXPECT_EQ(rule(R"({"name": "A b", "scope": "admin"})"), "token-name");
  EXPECT_EQ(rule(R"({"name": "a", "scope": "root"})"), "choice");
  EXPECT_EQ(rule(R"({"name": "a", "scope": "tenant"})"), "required");
  EXPECT_EQ(rule(R"({"name": "a", "scope": "admin", "tenant": "alice"})"), "required");
  EXPECT_EQ(rule(R"({"name": "a", "scope": "admin", "days": 0})"), "range");
  EXPECT_EQ(post("/v1/tokens", R"({"name": "a", "scope": "tenant", "tenant": "x"})").status, 404u);
}

TEST_F(TokenRoutesTest, NothingOpensWithoutAToken) {
  HttpPeer peer(guarded_);
  const HttpReply reply = peer.request("GET", "/v1/hostnames");
  EXPECT_EQ(reply.status, 401u);
  EXPECT_EQ(reply.json()["type"], "urn:acme-spoa:problem:unauthenticated");
  EXPECT_EQ(status("acme_spoa_wrong", "/v1/hostnames"), 401u);
  EXPECT_EQ(status("", "/v1/hostnames"), 401u);
  const std::string right = token(R"({"name": "ci", "scope": "admin"})");
  EXPECT_EQ(status(right, "/v1/hostnames"), 200u);
  EXPECT_EQ(status(right.substr(0, right.size() - 1), "/v1/hostnames"), 401u);
}

TEST_F(TokenRoutesTest, ARemovedOrExpiredTokenOpensNothing) {
  const std::string ci = token(R"({"name": "ci", "scope": "admin"})");
  const std::string brief = token(R"({"name": "brief", "scope": "admin", "days": 1})");
  EXPECT_EQ(status(ci, "/v1/hostnames"), 200u);
  EXPECT_EQ(status(brief, "/v1/hostnames"), 200u);
  ASSERT_EQ(remove("/v1/tokens/ci").status, 204u);
  EXPECT_EQ(status(ci, "/v1/hostnames"), 401u);
  server_.in_thread([this] { clock_.advance(25h); });
  EXPECT_EQ(status(brief, "/v1/hostnames"), 401u);
  EXPECT_EQ(remove("/v1/tokens/ci").status, 404u);
}

TEST_F(TokenRoutesTest, AReaderLooksAndChangesNothing) {
  const std::string reader = token(R"({"name": "r", "scope": "read-only"})");
  EXPECT_EQ(status(reader, "/v1/hostnames/www.example.net"), 200u);
  EXPECT_EQ(status(reader, "/v1/tokens"), 200u);
  EXPECT_EQ(ask(reader, "DELETE", "/v1/hostnames/www.example.net").status, 403u);
  EXPECT_EQ(ask(reader, "POST", "/v1/hostnames", R"({"names": ["a.example"]})").status, 403u);
}

TEST_F(TokenRoutesTest, ATenantSeesAndChangesItsOwn) {
  const std::string alice = alices();
  EXPECT_EQ(ask(alice, "POST", "/v1/hostnames", R"({"names": ["www.example.org"]})").status, 200u);
  EXPECT_EQ(ask(alice, "PUT", "/v1/zones/sub.example.org", "{}").status, 201u);
  const json hostnames = ask(alice, "GET", "/v1/hostnames").json()["hostnames"];
  ASSERT_EQ(hostnames.size(), 1u);
  EXPECT_EQ(hostnames[0]["name"], "www.example.org");
  EXPECT_EQ(ask(alice, "GET", "/v1/hostnames?tenant=bob").json()["hostnames"].size(), 1u)
      << "its own, whatever it asks for";
  EXPECT_EQ(ask(alice, "GET", "/v1/zones?tenant=bob").json()["zones"].size(), 2u);
  EXPECT_EQ(ask(alice, "DELETE", "/v1/hostnames/www.example.org").status, 204u);
}

TEST_F(TokenRoutesTest, ATenantSeesAndChangesNothingOfAnothers) {
  const std::string alice = alices();
  EXPECT_EQ(status(alice, "/v1/hostnames/www.example.net"), 404u);
  EXPECT_EQ(status(alice, "/v1/zones/example.net"), 404u);
  EXPECT_EQ(status(alice, "/v1/tenants/bob"), 404u);
  EXPECT_EQ(status(alice, "/v1/tenants/alice"), 200u);
  EXPECT_EQ(status(alice, "/v1/tokens"), 403u);
  EXPECT_EQ(status(alice, "/v1/events"), 403u);
  EXPECT_EQ(status(alice, "/v1/certificates"), 403u);
  const HttpReply put = ask(alice, "PUT", "/v1/hostnames/www.example.net", "{}");
  EXPECT_EQ(put.status, 403u);
  EXPECT_EQ(put.json()["errors"][0]["rule"], "zone-of-another-tenant");
  EXPECT_EQ(ask(alice, "PATCH", "/v1/hostnames/www.example.net", R"({"mode": "off"})").status,
            403u);
  EXPECT_EQ(ask(alice, "DELETE", "/v1/hostnames/www.example.net").status, 403u);
  const HttpReply removed =
      ask(alice, "POST", "/v1/hostnames/remove", R"({"names": ["www.example.net"]})");
  EXPECT_EQ(removed.status, 403u);
  EXPECT_EQ(ask(alice, "PUT", "/v1/zones/x.example.net", "{}").status, 403u);
  EXPECT_EQ(ask(alice, "DELETE", "/v1/zones/example.net").status, 403u);
  EXPECT_EQ(get("/v1/hostnames/www.example.net").json()["mode"], "automatic");
}

TEST_F(TokenRoutesTest, ATenantBringsCertificatesForItsOwnHostnamesOnly) {
  const std::string alice = alices();
  ASSERT_EQ(ask(alice, "PUT", "/v1/hostnames/www.example.org", "{}").status, 201u);
  EXPECT_EQ(ask(alice, "POST", "/v1/hostnames/www.example.org/csr", "{}").status, 201u);
  EXPECT_EQ(status(alice, "/v1/hostnames/www.example.org/csr"), 200u);
  const HttpReply also =
      ask(alice, "POST", "/v1/hostnames/www.example.org/csr", R"({"names": ["www.example.net"]})");
  EXPECT_EQ(also.status, 403u);
  EXPECT_EQ(also.json()["errors"][0]["field"], "names[0]");
  EXPECT_EQ(also.json()["errors"][0]["rule"], "zone-of-another-tenant");
  ASSERT_EQ(post("/v1/hostnames/www.example.net/csr", "{}").status, 201u);
  EXPECT_EQ(ask(alice, "POST", "/v1/hostnames/www.example.net/csr", "{}").status, 403u);
  EXPECT_EQ(status(alice, "/v1/hostnames/www.example.net/csr"), 403u);
  const HttpReply install = ask(
      alice, "POST", "/v1/hostnames/www.example.net/certificate", R"({"chain": "x", "key": "y"})");
  EXPECT_EQ(install.status, 403u);
  EXPECT_EQ(install.json()["errors"][0]["rule"], "zone-of-another-tenant");
  EXPECT_EQ(get("/v1/hostnames/www.example.net").json()["mode"], "automatic");
}

TEST_F(TokenRoutesTest, TheHistorySaysWhoDidWhat) {
  const std::string alice = alices();
  ASSERT_EQ(ask(alice, "PUT", "/v1/hostnames/www.example.org", "{}").status, 201u);
  ASSERT_EQ(remove("/v1/hostnames/www.example.org").status, 204u);
  const json events = get("/v1/events?subject=www.example.org").json()["events"];
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["actor"], "token a");
  EXPECT_EQ(events[1]["actor"], "socket");
}

TEST_F(TokenRoutesTest, GuessingIsSlow) {
  for (int i = 0; i < 20; ++i) ASSERT_EQ(status("wrong", "/v1/version"), 401u) << i;
  EXPECT_EQ(status("wrong", "/v1/version"), 429u);
  EXPECT_EQ(status(alices(), "/v1/hostnames"), 200u) << "who has a token is not held up";
  server_.in_thread([this] { clock_.advance(1s); });
  EXPECT_EQ(status("wrong", "/v1/version"), 401u);
}

}  // namespace
}  // namespace agent
