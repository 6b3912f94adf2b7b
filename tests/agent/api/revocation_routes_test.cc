#include "agent/api/revocation_routes.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RevocationRoutesTest : public ApiFixture {
 protected:
  CertificateId issue(const std::string& name, base::WallTime not_after) {
    EXPECT_EQ(post("/v1/hostnames", R"({"names": [")" + name + R"("]})").status, 200U);
    return ApiFixture::issue(name, not_after);
  }
  json revoke(const std::string& body, unsigned status = 202U) {
    const HttpReply reply = post("/v1/certificates/revoke", body);
    EXPECT_EQ(reply.status, status) << reply.body;
    return json::parse(reply.body);
  }
};

TEST_F(RevocationRoutesTest, TakeHostnamesAndIds) {
  const CertificateId id = issue("a.example", now() + std::chrono::hours(24));
  const json results =
      revoke(R"({"certificates": ["A.example", "4711", "b.example"], "reason": "superseded"})");
  EXPECT_EQ(results["results"][0]["outcome"], "requested");
  EXPECT_EQ(results["results"][0]["id"], id.value());
  EXPECT_EQ(results["results"][1]["outcome"], "not_found");
  EXPECT_EQ(results["results"][2]["outcome"], "not_found");
  EXPECT_THAT(changes_.calls, Contains("revoke"));
  const std::string again = R"({"certificates": [")" + std::to_string(id.value()) + R"("]})";
  EXPECT_EQ(revoke(again)["results"][0]["outcome"], "under_way");
}

TEST_F(RevocationRoutesTest, ShowWithTheCertificate) {
  const CertificateId id = issue("a.example", now() + std::chrono::hours(24));
  EXPECT_EQ(json::parse(get("/v1/certificates/a.example").body)["revocation"], nullptr);
  revoke(R"({"certificates": ["a.example"], "reason": "keyCompromise"})");
  const json shown = json::parse(get("/v1/certificates/a.example").body)["revocation"];
  EXPECT_EQ(shown["state"], "pending");
  EXPECT_EQ(shown["reason"], "keyCompromise");
  EXPECT_EQ(shown["certificate"], id.value());
  EXPECT_EQ(shown["awaits_replacement"], false);
}

TEST_F(RevocationRoutesTest, ShowTheRevocationOfACertificateThatIsGone) {
  const CertificateId id = issue("a.example", now() + std::chrono::hours(24));
  revoke(R"({"certificates": ["a.example"], "reason": "keyCompromise"})");
  issue("a.example", now() + std::chrono::hours(48));  // in its place
  const json shown = json::parse(get("/v1/certificates/" + std::to_string(id.value())).body);
  EXPECT_EQ(shown["state"], "gone");
  EXPECT_EQ(shown["names"][0], "a.example");
  EXPECT_EQ(shown["revocation"]["state"], "pending");
  EXPECT_EQ(json::parse(get("/v1/certificates/a.example").body)["revocation"], nullptr);
}

TEST_F(RevocationRoutesTest, ReplaceACompromisedKeyAlways) {
  issue("a.example", now() + std::chrono::hours(24));
  const json problem = revoke(
      R"({"certificates": ["a.example"], "reason": "keyCompromise", "replace": false})", 400U);
  EXPECT_THAT(problem.dump(), HasSubstr("always replaced"));
  EXPECT_THAT(json::parse(get("/v1/revocations").body)["revocations"], IsEmpty());
}

TEST_F(RevocationRoutesTest, WantAReasonThatAuthoritiesTake) {
  EXPECT_THAT(revoke(R"({"certificates": ["1"], "reason": "caCompromise"})", 400U).dump(),
              HasSubstr("cessationOfOperation"));
}

TEST_F(RevocationRoutesTest, OfAnAuthorityThatIsNotConfiguredAreNotTaken) {
  issue("a.example", now() + std::chrono::hours(24));
  accounts_.view.authority = "another";
  EXPECT_EQ(revoke(R"({"certificates": ["a.example"]})")["results"][0]["outcome"],
            "unknown_authority");
  EXPECT_THAT(revoke(R"({"all_of": "ca"})", 404U).dump(), HasSubstr("unknown-authority"));
}

TEST_F(RevocationRoutesTest, TakeAllOfAnAuthority) {
  for (int i = 0; i < 3; ++i) {
    issue("h" + std::to_string(i) + ".example", now() + std::chrono::hours(24));
  }
  EXPECT_EQ(revoke(R"({"all_of": "ca", "reason": "superseded"})")["requested"], 3);
  EXPECT_EQ(revoke(R"({"all_of": "ca", "reason": "superseded"})")["requested"], 0);
  const json page = json::parse(get("/v1/revocations?state=pending&limit=2").body);
  EXPECT_EQ(page["revocations"].size(), 2U);
  EXPECT_EQ(page["next"], page["revocations"][1]["certificate"]);
  EXPECT_THAT(json::parse(get("/v1/revocations?state=revoked").body)["revocations"], IsEmpty());
  EXPECT_EQ(get("/v1/revocations?state=lost").status, 400U);
}

}  // namespace
}  // namespace agent
