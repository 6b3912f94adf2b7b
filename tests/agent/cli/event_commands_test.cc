#include "agent/cli/event_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using EventCommandsTest = CliFixture;

std::string event(int sequence, const std::string& subject) {
  return R"({"sequence": )" + std::to_string(sequence) +
         R"(, "at": "2030-01-01T00:00:00Z", "kind": "hostname_added", "subject": ")" + subject +
         R"(", "detail": "mode=automatic", "actor": "token ops"})";
}
std::string page(const std::string& events, int last) {
  return R"({"events": [)" + events + R"(], "last": )" + std::to_string(last) + "}";
}

TEST_F(EventCommandsTest, ListPrintsALineForEach) {
  EXPECT_EQ(run_with({{200, page(event(7, "a.example"), 7)}},
                     {"event", "list", "--subject", "a.example", "--limit", "5"}),
            0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/events?limit=5&subject=a.example"));
  EXPECT_EQ(out(),
            "2030-01-01T00:00:00Z  hostname_added  a.example  mode=automatic  (token ops)\n");
}

TEST_F(EventCommandsTest, TailGoesOnBehindTheLastOne) {
  EXPECT_EQ(run_with({{200, page(event(7, "a.example"), 7)},
                      {200, page("", 7)},
                      {200, page(event(8, "b.example") + "," + event(9, "c.example"), 9)},
                      {400, R"({"detail": "enough"})"}},
                     {"event", "tail", "-o", "json"}),
            1);
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/events?limit=100",
                          "GET /v1/events?limit=1000&after=7",
                          "GET /v1/events?limit=1000&after=7",
                          "GET /v1/events?limit=1000&after=9"));
  EXPECT_THAT(out(), HasSubstr("\"subject\":\"c.example\""));
  EXPECT_EQ(err(), "acme-spoa: enough\n");
}

TEST_F(EventCommandsTest, TailNeedsADaemonToBeginWith) {
  EXPECT_EQ(run({"event", "tail", "--socket", "/nowhere/admin.sock"}), 3);
  EXPECT_THAT(err(), HasSubstr("/nowhere/admin.sock"));
}

TEST_F(EventCommandsTest, TailWaitsForADaemonThatWentAway) {
  int sleeps = 0;
  environment_.sleep = [&](std::chrono::milliseconds) {
    if (++sleeps == 3) out_.setstate(std::ios::failbit);  // as if the reader had gone
  };
  // After the script's end nobody answers.
  EXPECT_EQ(run_with({{200, page(event(7, "a.example"), 7)}}, {"event", "tail"}), 4);
  EXPECT_EQ(sleeps, 3);
  const std::string said = err();
  EXPECT_NE(said.find("cannot reach"), std::string::npos);
  EXPECT_EQ(said.find("cannot reach"), said.rfind("cannot reach")) << said;  // once
}

TEST_F(EventCommandsTest, OrdersAreListedWithWhereTheyAre) {
  EXPECT_EQ(run_with({{200,
                       R"({"orders": [{"id": 3, "authority": "ca", "names": ["a.example"],)"
                       R"("stage": "validating", "created": "2030-01-01T00:00:00Z",)"
                       R"("failures": 0}]})"}},
                     {"order", "list", "--authority", "ca"}),
            0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/orders?authority=ca"));
  EXPECT_EQ(out(),
            "ID  AUTHORITY  STAGE       SINCE                 FAILURES BEFORE  NAMES\n"
            "3   ca         validating  2030-01-01T00:00:00Z  0                a.example\n");
}

}  // namespace
}  // namespace agent
