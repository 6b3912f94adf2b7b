#include "agent/api/account_routes.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using AccountRoutesTest = ApiFixture;

TEST_F(AccountRoutesTest, ListsAndShowsAccountsWithoutTheirKeys) {
  accounts_.view.next_thumbprint = "next";
  accounts_.view.key_change_state = "waits for the requests under way";
  const HttpReply list = get("/v1/accounts");
  const json all = json::parse(list.body)["accounts"];
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["authority"], "ca");
  EXPECT_EQ(all[0]["url"], "https://ca.example/acct/1");
  EXPECT_EQ(all[0]["status"], "valid");
  EXPECT_EQ(all[0]["next_thumbprint"], "next");
  EXPECT_EQ(all[0]["trouble"], nullptr);
  EXPECT_EQ(json::parse(get("/v1/authorities/ca/account").body), all[0]);
  EXPECT_THAT(accounts_.calls, IsEmpty()) << "no authority is asked";
}

TEST_F(AccountRoutesTest, AnUnknownAuthorityHasNone) {
  const HttpReply reply = get("/v1/authorities/other/account");
  EXPECT_EQ(reply.status, 404U);
  EXPECT_THAT(reply.body, HasSubstr("unknown-authority"));
}

TEST_F(AccountRoutesTest, CheckHasTheAuthoritysOwnWords) {
  const json account = json::parse(post("/v1/authorities/ca/account/check", "{}").body);
  EXPECT_EQ(account["status"], "valid");
  EXPECT_EQ(account["asked"]["status"], "deactivated");
  EXPECT_EQ(account["asked"]["contacts"][0], "mailto:ops@example.org");
}

TEST_F(AccountRoutesTest, WhatTheAuthorityRefusesIsAProblem) {
  accounts_.problem = Problem{ProblemType::authority_failed, "invalid contact"};
  const HttpReply reply =
      post("/v1/authorities/ca/account/contact", R"({"contacts": ["mailto:a@example.org"]})");
  EXPECT_EQ(reply.status, 502U);
  EXPECT_EQ(json::parse(reply.body)["detail"], "invalid contact");
}

TEST_F(AccountRoutesTest, ContactsAreMailAddresses) {
  const std::string path = "/v1/authorities/ca/account/contact";
  EXPECT_EQ(post(path, R"({"contacts": ["ops@example.org"]})").status, 400U);
  EXPECT_EQ(post(path, R"({"contacts": []})").status, 400U);
  EXPECT_THAT(accounts_.calls, IsEmpty());
  EXPECT_EQ(post(path, R"({"contacts": ["mailto:ops@example.org"]})").status, 200U);
  EXPECT_THAT(accounts_.calls, ElementsAre("contact mailto:ops@example.org"));
}

TEST_F(AccountRoutesTest, RolloverIsAcceptedWithTheKeyTypesWeMake) {
  const std::string path = "/v1/authorities/ca/account/rollover";
  EXPECT_EQ(post(path, "{}").status, 202U);
  EXPECT_EQ(post(path, R"({"key_type": "rsa-3072"})").status, 202U);
  EXPECT_EQ(post(path, R"({"key_type": "ed25519"})").status, 400U);
  EXPECT_THAT(accounts_.calls, ElementsAre("rollover 1", "rollover 4"));
}

TEST_F(AccountRoutesTest, DeactivationWantsTheNameTwice) {
  const std::string path = "/v1/authorities/ca/account/deactivate";
  EXPECT_EQ(post(path, "{}").status, 400U);
  EXPECT_EQ(post(path, R"({"authority": "cb"})").status, 400U);
  EXPECT_THAT(accounts_.calls, IsEmpty());
  EXPECT_EQ(post(path, R"({"authority": "ca"})").status, 200U);
  EXPECT_THAT(accounts_.calls, ElementsAre("deactivate ca"));
}

TEST_F(AccountRoutesTest, AConflictSaysWhatToDoInstead) {
  accounts_.problem = Problem{ProblemType::conflict, "the account is valid"};
  const HttpReply reply = post("/v1/authorities/ca/account/register", "{}");
  EXPECT_EQ(reply.status, 409U);
  EXPECT_THAT(reply.body, HasSubstr("the account is valid"));
}

TEST_F(AccountRoutesTest, DnsRecordsAreOfANormalisedName) {
  accounts_.records = {{{"dns-persist-01", "ca", "TXT", "_validation-persist.a.example", "ca; x"},
                        {"dns-01", "", "CNAME", "_acme-challenge.a.example", "a.zone.example"}},
                       {"http-01 needs no record"}};
  const json found = json::parse(get("/v1/hostnames/A.Example/dns-records").body);
  EXPECT_THAT(accounts_.calls, ElementsAre("dns a.example"));
  EXPECT_EQ(found["name"], "a.example");
  EXPECT_EQ(found["records"][0]["value"], "ca; x");
  EXPECT_EQ(found["records"][1]["authority"], nullptr);
  EXPECT_EQ(found["notes"][0], "http-01 needs no record");
  EXPECT_EQ(get("/v1/hostnames/a..b/dns-records").status, 400U);
}

}  // namespace
}  // namespace agent
