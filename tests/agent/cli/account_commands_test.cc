#include "agent/cli/account_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using AccountCommandsTest = CliFixture;

std::string account(const std::string& thumbprint, const std::string& more = "") {
  return R"({"authority": "ca", "directory": "https://ca.example/dir", "url": "https://ca.example/1",)"
         R"("status": "valid", "key_type": "ecdsa-p256", "thumbprint": ")" +
         thumbprint + "\"" + more + "}";
}

TEST_F(AccountCommandsTest, ListShowsTroubleBelow) {
  const std::string trouble = R"(, "trouble": "the account is deactivated")";
  EXPECT_EQ(
      run_with({{200, R"({"accounts": [)" + account("abc", trouble) + "]}"}}, {"account", "list"}),
      0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/accounts"));
  EXPECT_EQ(out(),
            "AUTHORITY  STATUS  KEY TYPE    THUMBPRINT  ACCOUNT\n"
            "ca         valid   ecdsa-p256  abc         https://ca.example/1\n"
            "ca: the account is deactivated\n");
}

TEST_F(AccountCommandsTest, ShowAsksTheAuthority) {
  const std::string asked = R"(, "asked": {"status": "valid", "contacts": ["mailto:a@b.example"]})";
  EXPECT_EQ(run_with({{200, account("abc", asked)}}, {"account", "show", "ca"}), 0);
  EXPECT_THAT(requests_, ElementsAre("POST /v1/authorities/ca/account/check {}"));
  EXPECT_THAT(out(), HasSubstr("at authority  valid\n"));
  EXPECT_THAT(out(), HasSubstr("contacts      mailto:a@b.example\n"));
  const std::string closed = R"(, "asked": {"status": "revoked", "contacts": []})";
  EXPECT_EQ(run_with({{200, account("abc", closed)}}, {"account", "show", "ca"}), 4);
}

TEST_F(AccountCommandsTest, ShowPrintsWhatIsKnownWhenTheAuthorityIsAway) {
  EXPECT_EQ(run_with({{502, R"({"detail": "no connection"})"}, {200, account("abc")}},
                     {"account", "show", "ca"}),
            4);
  EXPECT_THAT(out(), HasSubstr("thumbprint    abc\n"));
  EXPECT_EQ(err(), "acme-spoa: no connection\n");
}

TEST_F(AccountCommandsTest, RolloverWaitsForTheNewKey) {
  const std::string waiting = R"(, "next_thumbprint": "new", "key_change": "asks the authority")";
  EXPECT_EQ(
      run_with(
          {{202, account("old", waiting)}, {200, account("old", waiting)}, {200, account("new")}},
          {"account", "rollover", "ca", "--key-type", "ecdsa-p384", "--wait"}),
      0);
  EXPECT_EQ(requests_.front(),
            R"(POST /v1/authorities/ca/account/rollover {"key_type":"ecdsa-p384"})");
  EXPECT_THAT(out(), HasSubstr("ca: the change of the key asks the authority\n"));
  EXPECT_THAT(out(), HasSubstr("thumbprint    new\n"));
}

TEST_F(AccountCommandsTest, RolloverFailsWhenTheChangeWasGivenUp) {
  const std::string waiting = R"(, "next_thumbprint": "new", "key_change": "asks the authority")";
  EXPECT_EQ(run_with({{202, account("old", waiting)},
                      {200, account("old", R"(, "key_change": "was given up: bad key")")}},
                     {"account", "rollover", "ca", "--wait"}),
            4);
  EXPECT_THAT(out(), HasSubstr("was given up: bad key"));
}

TEST_F(AccountCommandsTest, DeactivateWantsAYes) {
  EXPECT_EQ(run_with({}, {"account", "deactivate", "ca"}), 2);
  EXPECT_THAT(requests_, IsEmpty());
  EXPECT_EQ(run_with({{200, account("abc")}}, {"account", "deactivate", "ca", "--yes"}), 0);
  EXPECT_THAT(requests_,
              ElementsAre(R"(POST /v1/authorities/ca/account/deactivate {"authority":"ca"})"));
}

TEST_F(AccountCommandsTest, ContactSendsAll) {
  EXPECT_EQ(run_with({{200, account("abc")}},
                     {"account", "contact", "ca", "mailto:a@b.example", "mailto:c@d.example"}),
            0);
  EXPECT_THAT(
      requests_,
      ElementsAre(
          R"(POST /v1/authorities/ca/account/contact {"contacts":["mailto:a@b.example","mailto:c@d.example"]})"));
}

TEST_F(AccountCommandsTest, DnsRecordPrintsLinesOfAZoneFile) {
  EXPECT_EQ(
      run_with(
          {{200,
            R"({"name": "a.example", "records": [)"
            R"({"challenge": "dns-persist-01", "authority": "ca", "type": "TXT",)"
            R"( "name": "_validation-persist.a.example", "value": "ca.example; accounturi=x"},)"
            R"({"challenge": "dns-01", "authority": null, "type": "CNAME",)"
            R"( "name": "_acme-challenge.a.example", "value": "a.example.host.example"}],)"
            R"("notes": ["http-01 needs no record"]})"}},
          {"dns-record", "a.example"}),
      0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/hostnames/a.example/dns-records"));
  EXPECT_EQ(out(),
            "_validation-persist.a.example. IN TXT \"ca.example; accounturi=x\" ; dns-persist-01 "
            "at ca\n"
            "_acme-challenge.a.example. IN CNAME a.example.host.example. ; dns-01\n"
            "; http-01 needs no record\n");
}

TEST_F(AccountCommandsTest, RevokeSendsNamesInOneRequest) {
  EXPECT_EQ(run_with({{202,
                       R"({"results": [{"name": "a.example", "outcome": "requested"},)"
                       R"({"name": "7", "outcome": "not_found"}]})"}},
                     {"certificate", "revoke", "a.example", "7", "--reason", "superseded"}),
            1);
  EXPECT_THAT(
      requests_,
      ElementsAre(
          R"(POST /v1/certificates/revoke {"reason":"superseded","replace":true,"certificates":["a.example","7"]})"));
  EXPECT_THAT(out(), HasSubstr("a.example  requested\n"));
}

TEST_F(AccountCommandsTest, RevokeReadsAListOfNamesIdsAndObjects) {
  const ConfigFile list("a.example\n\n  12\r\n{\"id\": 13, \"names\": [\"b.example\"]}\n");
  EXPECT_EQ(run_with({}, {"certificate", "revoke", "--from", list.path()}), 2) << "without a yes";
  EXPECT_EQ(run_with({{202, R"({"results": []})"}},
                     {"certificate", "revoke", "--from", list.path(), "--no-replace", "--yes"}),
            0);
  EXPECT_THAT(
      requests_,
      ElementsAre(
          R"(POST /v1/certificates/revoke {"reason":"unspecified","replace":false,"certificates":["a.example","12","13"]})"));
}

TEST_F(AccountCommandsTest, RevokeAllOfAnAuthorityWantsAYes) {
  EXPECT_EQ(run_with({}, {"certificate", "revoke", "--all-of", "ca"}), 2);
  EXPECT_EQ(run_with({{202, R"({"requested": 3})"}},
                     {"certificate", "revoke", "--all-of", "ca", "--yes"}),
            0);
  EXPECT_THAT(
      requests_,
      ElementsAre(
          R"(POST /v1/certificates/revoke {"reason":"unspecified","replace":true,"all_of":"ca"})"));
  EXPECT_EQ(out(), "3 revocations requested\n");
  EXPECT_EQ(run_with({}, {"certificate", "revoke"}), 2);
}

}  // namespace
}  // namespace agent
