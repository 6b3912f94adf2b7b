#include "agent/cli/haproxy_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using HaproxyCommandsTest = CliFixture;

std::string instance(const std::string& fields) {
  return R"({"instances": [{"name": "edge", "version": "2.6.12", "pid": 7, "desired": 3, )" +
         fields + "}]}";
}

TEST_F(HaproxyCommandsTest, StatusSaysWhatIsWrong) {
  EXPECT_EQ(run_with({{200, instance(R"("connected": true, "in_sync": true, "trouble": "")")}},
                     {"haproxy", "status"}),
            0);
  EXPECT_THAT(out(), HasSubstr("in sync"));
}

TEST_F(HaproxyCommandsTest, StatusIsAFailureWhenOneIsNotInSync) {
  const std::string jammed =
      R"("connected": false, "in_sync": false, "jammed": true, "trouble": "reload it")";
  EXPECT_EQ(run_with({{200, instance(jammed)}}, {"haproxy", "status"}), 4);
  EXPECT_THAT(out(), HasSubstr("jammed"));
  EXPECT_THAT(out(), HasSubstr("edge: reload it"));
}

TEST_F(HaproxyCommandsTest, DryRunListsWhatDiffers) {
  const std::string plan = R"("compared": 2, "add": 1, "renew": 0, "remove": 1, "error": "",
      "steps": [{"action": "add", "path": "/c/a.pem"}])";
  EXPECT_EQ(run_with({{200, instance(plan)}}, {"haproxy", "sync", "--dry-run"}), 4);
  EXPECT_EQ(out(), "edge: 2 certificates compared, 2 differ\n  add  /c/a.pem\n  and 1 more\n");
}

TEST_F(HaproxyCommandsTest, VerifyNamesWhatIsNotServed) {
  const std::string results =
      R"({"results": [{"name": "a.example", "instance": "edge", "served": true, "error": ""},
                      {"name": "b.example", "instance": "edge", "served": false, "error": "no"}]})";
  EXPECT_EQ(run_with({{200, results}}, {"verify", "a.example", "b.example"}), 4);
  EXPECT_EQ(out(), "b.example  edge  no\n2 certificates verified, 1 not served\n");
}

TEST_F(HaproxyCommandsTest, VerifyTakesASampleThatIsEvenlySpread) {
  const std::string page = R"({"certificates": [{"names": ["a.example"]}, {"names": ["b.example"]},
      {"names": ["c.example"]}, {"names": ["d.example"]}], "next": null})";
  EXPECT_EQ(run_with({{200, page}, {200, R"({"results": []})"}}, {"verify", "--sample", "2"}), 0);
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/certificates?limit=1000&state=wanted",
                          HasSubstr(R"(["a.example","c.example"])")));
  EXPECT_THAT(out(), Not(HasSubstr("not served")));
}

}  // namespace
}  // namespace agent
