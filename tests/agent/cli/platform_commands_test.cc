#include "agent/cli/platform_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/cli/import_command.h"
#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using PlatformCommandsTest = CliFixture;

TEST_F(PlatformCommandsTest, ATenantIsSetListedAndRemoved) {
  const std::string alice =
      R"({"id": "alice", "title": "Alice", "wildcard_after": 5, "created": "2030-01-01T00:00:00Z"})";
  EXPECT_EQ(run_with({{201, alice}},
                     {"tenant", "set", "alice", "--title", "Alice", "--wildcard-after", "5"}),
            0);
  EXPECT_THAT(requests_,
              ElementsAre(R"(PUT /v1/tenants/alice {"title":"Alice","wildcard_after":5})"));
  EXPECT_THAT(out(), HasSubstr("wildcard after  5"));
  EXPECT_EQ(
      run_with({{200, R"({"tenants": [)" + alice + R"(], "next": null})"}}, {"tenant", "list"}), 0);
  EXPECT_EQ(out(),
            "ID     TITLE  WILDCARD AFTER\n"
            "alice  Alice  5\n");
  EXPECT_EQ(run_with({{204, ""}, {404, R"({"detail": "bob is not a tenant here"})"}},
                     {"tenant", "remove", "alice", "bob"}),
            1);
  EXPECT_THAT(requests_, ElementsAre("DELETE /v1/tenants/alice", "DELETE /v1/tenants/bob"));
  EXPECT_EQ(out(), "alice  removed\n");
  EXPECT_EQ(err(), "acme-spoa: bob is not a tenant here\n");
}

TEST_F(PlatformCommandsTest, AZoneIsSetAndSaysWhyItHasNoWildcard) {
  const std::string zone =
      R"({"name": "example.org", "tenant": "alice", "dns": "none", "wildcard_after": null,
          "wildcard": null, "wildcard_refusal": "its dns is none", "created": "x"})";
  EXPECT_EQ(
      run_with({{201, zone}}, {"zone", "set", "example.org", "--tenant", "alice", "--dns", "none"}),
      0);
  EXPECT_THAT(requests_,
              ElementsAre(R"(PUT /v1/zones/example.org {"tenant":"alice","dns":"none"})"));
  EXPECT_THAT(out(), HasSubstr("no wildcard     its dns is none"));
  EXPECT_THAT(out(), HasSubstr("wildcard after  inherited"));
  EXPECT_EQ(run_with({{200, R"({"zones": [)" + zone + R"(], "next": null})"}},
                     {"zone", "list", "--tenant", "alice"}),
            0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/zones?limit=1000&tenant=alice"));
  EXPECT_THAT(out(), HasSubstr("example.org  alice   none  inherited"));
}

TEST_F(PlatformCommandsTest, ATokenIsPrintedAloneForAFile) {
  EXPECT_EQ(
      run_with({{201, R"({"name": "ci", "token": "acme_spoa_secret"})"}},
               {"token", "add", "ci", "--scope", "tenant", "--tenant", "alice", "--days", "9"}),
      0);
  EXPECT_THAT(
      requests_,
      ElementsAre(R"(POST /v1/tokens {"name":"ci","scope":"tenant","tenant":"alice","days":9})"));
  EXPECT_EQ(out(), "acme_spoa_secret\n");
  EXPECT_EQ(run({"token", "add", "ci", "--scope", "root"}), 2);
}

TEST_F(PlatformCommandsTest, HostnamesAreAddedWithAModeAndListedByTenant) {
  EXPECT_EQ(run_with({{200, R"({"results": []})"}},
                     {"hostname", "add", "a.example", "--mode", "wildcard"}),
            0);
  EXPECT_THAT(requests_.at(0), HasSubstr(R"("mode":"wildcard")"));
  EXPECT_EQ(run_with({{200, R"({"hostnames": [], "next": null})"}},
                     {"hostname", "list", "--tenant", "alice", "--zone", "example.org"}),
            0);
  EXPECT_THAT(requests_.at(0), HasSubstr("&tenant=alice&zone=example.org"));
}

TEST_F(PlatformCommandsTest, AnApiElsewhereNeedsAFileWithItsToken) {
  EXPECT_EQ(run({"--api", "http://127.0.0.1:1", "--token-file", "/nonexistent", "token", "list"}),
            1);
  EXPECT_EQ(err(), "acme-spoa: cannot read a token from /nonexistent\n");
  EXPECT_EQ(run({"--api", "http://127.0.0.1:1/", "token", "list"}), 3);
  EXPECT_THAT(err(), StartsWith("acme-spoa: cannot reach acme-spoa at http://127.0.0.1:1: "));
}

TEST(CsvToJson, TakesUpToFourFields) {
  EXPECT_EQ(csv_to_json("a.example").value(), R"({"name":"a.example"})");
  EXPECT_EQ(csv_to_json(" a.example , off ,on").value(),
            R"({"name":"a.example","mode":"off","https_redirect":true})");
  EXPECT_EQ(csv_to_json("a.example,,off").value(),
            R"({"name":"a.example","https_redirect":false})");
  EXPECT_EQ(csv_to_json("a\"b").value(), R"({"name":"a\"b"})");
  EXPECT_EQ(csv_to_json("a.example,off,yes").error(), "https_redirect: expected on or off");
  EXPECT_EQ(csv_to_json("a.example,,,left_alone").value(),
            R"({"name":"a.example","challenge_path":"left_alone"})");
  EXPECT_EQ(csv_to_json("a,b,on,d,e").error(),
            "expected name[,mode[,https_redirect[,challenge_path]]]");
}

TEST_F(PlatformCommandsTest, AnImportSaysWhichLinesWereRefusedAndGoesOn) {
  const ConfigFile file(
      "# customers\n"
      "a.example\n"
      "\n"
      "a..b\n"
      "c.example,off,perhaps\n");
  const std::string reply =
      "{\"line\":1,\"name\":\"a.example\",\"outcome\":\"added\"}\n"
      "{\"line\":2,\"error\":\"name: is no hostname\",\"rule\":\"hostname\",\"field\":\"name\"}\n"
      "{\"added\":1,\"updated\":0,\"unchanged\":0,\"refused\":1}\n";
  EXPECT_EQ(run_with({{200, reply}}, {"import", file.path()}), 1);
  EXPECT_THAT(requests_,
              ElementsAre("POST /v1/hostnames/import {\"name\":\"a.example\"}\n"
                          "{\"name\":\"a..b\"}\n"));
  EXPECT_EQ(err(),
            file.path() + ":5: https_redirect: expected on or off\n" + file.path() +
                ":4: name: is no hostname\n");
  EXPECT_EQ(out(), "1 added, 0 updated, 0 unchanged, 2 refused\n");
}

TEST_F(PlatformCommandsTest, AnImportTakesNdjsonAndAnswersPrograms) {
  const ConfigFile file("{\"name\": \"a.example\"}\n");
  EXPECT_EQ(run_with({{200, "{\"line\":1,\"name\":\"a.example\",\"outcome\":\"unchanged\"}\n"}},
                     {"import", file.path(), "-o", "json"}),
            0);
  EXPECT_THAT(requests_, ElementsAre("POST /v1/hostnames/import {\"name\": \"a.example\"}\n"));
  EXPECT_EQ(out(), "{\"added\":0,\"updated\":0,\"unchanged\":1,\"refused\":0}\n");
}

TEST_F(PlatformCommandsTest, AnImportThatEndsEarlySaysFromWhichLineOn) {
  const ConfigFile file("a.example\n");
  EXPECT_EQ(run_with({{503, R"({"detail": "the disk is full"})"}}, {"import", file.path()}), 4);
  EXPECT_EQ(err(),
            "acme-spoa: lines from 1 on are not imported\n"
            "acme-spoa: the disk is full\n");
  EXPECT_EQ(run({"import", "/nonexistent/file"}), 1);
}

}  // namespace
}  // namespace agent
