#include "agent/api/certificate_routes.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CertificateRoutesTest : public ApiFixture {
 protected:
  CertificateRoutesTest() {
    const HttpReply added =
        post("/v1/hostnames", R"({"names": ["a.example", "b.example", "c.example"]})");
    EXPECT_EQ(added.status, 200u);
    first_ = issue("a.example", now() + 24h).value();
    second_ = issue("b.example", now() + 48h).value();
    changes_.calls.clear();
  }
  static std::vector<std::int64_t> ids_of(const HttpReply& reply) {
    std::vector<std::int64_t> ids;
    const json page = reply.json();
    for (const json& certificate : page["certificates"]) ids.push_back(certificate["id"]);
    return ids;
  }

  std::int64_t first_ = 0;
  std::int64_t second_ = 0;
};

TEST_F(CertificateRoutesTest, ListsPageByPage) {
  EXPECT_THAT(ids_of(get("/v1/certificates")), ElementsAre(first_, second_));
  const HttpReply page = get("/v1/certificates?limit=1");
  EXPECT_THAT(ids_of(page), ElementsAre(first_));
  const std::string cursor = std::to_string(std::int64_t(page.json()["next"]));
  EXPECT_THAT(ids_of(get("/v1/certificates?cursor=" + cursor)), ElementsAre(second_));
  EXPECT_EQ(get("/v1/certificates").json()["next"], nullptr);
}

TEST_F(CertificateRoutesTest, ListsByState) {
  EXPECT_EQ(remove("/v1/hostnames/a.example").status, 204u);
  EXPECT_THAT(ids_of(get("/v1/certificates")), ElementsAre(second_));
  EXPECT_THAT(ids_of(get("/v1/certificates?state=retired")), ElementsAre(first_));
  EXPECT_THAT(ids_of(get("/v1/certificates?state=all")), ElementsAre(first_, second_));
  EXPECT_EQ(get("/v1/certificates?state=new").json()["errors"][0]["rule"], "choice");
}

TEST_F(CertificateRoutesTest, ShowsOneByIdOrHostname) {
  const HttpReply by_id = get("/v1/certificates/" + std::to_string(second_));
  EXPECT_EQ(by_id.status, 200u);
  EXPECT_EQ(by_id.json()["names"], json::array({"b.example"}));
  EXPECT_EQ(get("/v1/certificates/B.example").json(), by_id.json());
}

TEST_F(CertificateRoutesTest, NeverShowsAKey) {
  for (const char* target : {"/v1/certificates", "/v1/certificates/a.example", "/v1/events"}) {
    EXPECT_THAT(get(target).body, Not(HasSubstr("private"))) << target;
  }
}

TEST_F(CertificateRoutesTest, SaysWhatIsNotThere) {
  EXPECT_EQ(get("/v1/certificates/" + std::to_string(second_ + 1)).status, 404u);
  EXPECT_EQ(get("/v1/certificates/0").status, 400u);
  EXPECT_EQ(get("/v1/certificates/x.example").json()["type"],
            "urn:acme-spoa:problem:unknown-hostname");
  EXPECT_EQ(get("/v1/certificates/c.example").json()["type"],
            "urn:acme-spoa:problem:unknown-certificate");
}

TEST_F(CertificateRoutesTest, RequestsRenewals) {
  EXPECT_EQ(patch("/v1/hostnames/b.example", R"({"mode": "off"})").status, 200u);
  in_store([&](Store& store) {
    const NewOrder order{.authority = "ca",
                         .names = {base::DomainName::parse("c.example").value()}};
    EXPECT_TRUE(store.create_orders(std::span(&order, 1), now()));
  });
  changes_.calls.clear();
  const HttpReply reply =
      post("/v1/certificates/renew",
           R"({"names": ["a.example", "b.example", "c.example", "d.example"]})");
  EXPECT_EQ(reply.status, 202u);
  EXPECT_EQ(reply.json(), json::parse(R"({"results": [
      {"name": "a.example", "outcome": "requested"},
      {"name": "b.example", "outcome": "disabled"},
      {"name": "c.example", "outcome": "under_way"},
      {"name": "d.example", "outcome": "not_found"}]})"));
  EXPECT_THAT(changes_.calls, ElementsAre("renew a.example"));
  EXPECT_EQ(get("/v1/hostnames/a.example").json()["stage"], "deploying");
}

TEST_F(CertificateRoutesTest, RefusesABadRenewal) {
  EXPECT_EQ(post("/v1/certificates/renew", "{}").json()["errors"][0]["rule"], "required");
  EXPECT_EQ(post("/v1/certificates/renew", R"({"names": ["-.example"]})").status, 400u);
  EXPECT_THAT(changes_.calls, IsEmpty());
}

}  // namespace
}  // namespace agent
