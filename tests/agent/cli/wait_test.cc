#include "agent/cli/wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using Verdict = Progress::Verdict;

const WaitTarget target{.name = "a.example"};

ordered_json hostname_at(const std::string& stage) {
  return {{"name", "a.example"}, {"mode", "automatic"}, {"stage", stage}, {"failures", 0}};
}

ordered_json with_certificate(const std::string& serial, const std::string& state) {
  ordered_json json = hostname_at("served");
  json["certificate"] = {{"serial", serial}, {"state", state}, {"not_after", "2030"}};
  return json;
}

TEST(Judge, WaitsWhileThereIsAStage) {
  EXPECT_EQ(judge(target, hostname_at("validating")),
            (Progress{"a.example", Verdict::waiting, "validating"}));
}

TEST(Judge, WaitsUntilTheCertificateIsProven) {
  EXPECT_EQ(judge(target, with_certificate("0A", "issued")).verdict, Verdict::waiting);
  EXPECT_EQ(judge(target, with_certificate("0A", "served")),
            (Progress{"a.example", Verdict::served, "served: serial 0A, valid until 2030"}));
}

TEST(Judge, DoesNotTakeTheOldCertificateForTheNewOne) {
  const WaitTarget renewal{.name = "a.example", .old_serial = "0A"};
  EXPECT_EQ(judge(renewal, with_certificate("0A", "served")).verdict, Verdict::waiting);
  EXPECT_EQ(judge(renewal, with_certificate("0B", "served")).verdict, Verdict::served);
}

TEST(Judge, EndsWithANewFailureOnly) {
  ordered_json json = hostname_at("waiting");
  json["failures"] = 2;
  json["last_error"] = "DNS problem";
  json["next_attempt"] = "2031";
  EXPECT_EQ(judge(target, json),
            (Progress{"a.example", Verdict::failed, "failed: DNS problem; next attempt at 2031"}));
  EXPECT_EQ(judge({.name = "a.example", .failures = 2}, json).verdict, Verdict::waiting);
}

TEST(Judge, EndsForAHostnameThatIsOff) {
  ordered_json json = hostname_at("off");
  json["mode"] = "off";
  EXPECT_EQ(judge(target, json).verdict, Verdict::failed);
}

TEST(Judge, SurvivesWhateverADaemonSends) {
  for (const char* text :
       {"null", "[]", "1", R"({"certificate": 3, "failures": "x", "mode": []})"}) {
    EXPECT_EQ(judge(target, ordered_json::parse(text)).verdict, Verdict::waiting) << text;
  }
}

/// Keeps every state it is shown.
class RecordedView final : public ProgressView {
 public:
  void show(const std::vector<Progress>& lines) override {
    for (const Progress& line : lines) shown.push_back(line.name + ": " + line.text);
  }
  std::vector<std::string> shown;
};

class WaitTest : public CliFixture {
 protected:
  WaitResult wait(std::deque<ScriptedDaemon::Reply> script,
                  const std::vector<WaitTarget>& targets = {target},
                  std::chrono::milliseconds timeout = 10s) {
    ScriptedDaemon daemon(std::move(script));
    ApiClient api({.socket = daemon.socket()});
    const WaitResult result = wait_until_served(api, targets, timeout, environment_, view_);
    requests_ = daemon.requests();
    return result;
  }
  std::chrono::milliseconds elapsed() const {
    return std::chrono::floor<std::chrono::milliseconds>(clock_.monotonic().time_since_epoch());
  }

  RecordedView view_;
};

TEST_F(WaitTest, AsksUntilAllAreOverAndOnlyForThoseThatAreNot) {
  const std::vector<WaitTarget> two = {{.name = "a.example"}, {.name = "b.example"}};
  const WaitResult result = wait({{200, with_certificate("0A", "served").dump()},
                                  {200, hostname_at("queued").dump()},
                                  {200, with_certificate("0B", "served").dump()}},
                                 two);
  EXPECT_EQ(result.status, ExitStatus::ok);
  EXPECT_EQ(result.hostnames.at(1)["certificate"]["serial"], "0B");
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/hostnames/a.example",
                          "GET /v1/hostnames/b.example",
                          "GET /v1/hostnames/b.example"));
  EXPECT_EQ(elapsed(), 100ms);
}

TEST_F(WaitTest, FailsIfOneFailsButWaitsForTheOthers) {
  const std::vector<WaitTarget> two = {{.name = "a.example"}, {.name = "b.example"}};
  ordered_json failed = hostname_at("waiting");
  failed["failures"] = 1;
  const WaitResult result = wait({{200, failed.dump()},
                                  {200, hostname_at("queued").dump()},
                                  {200, with_certificate("0B", "served").dump()}},
                                 two);
  EXPECT_EQ(result.status, ExitStatus::failed);
  EXPECT_EQ(requests_.size(), 3u);
}

TEST_F(WaitTest, GivesUpWhenTheTimeIsUp) {
  std::deque<ScriptedDaemon::Reply> script(11, {200, hostname_at("validating").dump()});
  const WaitResult result = wait(std::move(script), {target}, 1s);
  EXPECT_EQ(result.status, ExitStatus::failed);
  EXPECT_EQ(elapsed(), 1s);
  EXPECT_EQ(view_.shown.back(), "a.example: not served in time: validating");
}

TEST_F(WaitTest, GoesOnWhileTheDaemonRestarts) {
  ordered_json problem = {{"detail", "the database is not open yet"}};
  const WaitResult result =
      wait({{503, problem.dump()}, {200, with_certificate("0A", "served").dump()}});
  EXPECT_EQ(result.status, ExitStatus::ok);
  EXPECT_THAT(view_.shown.at(0), HasSubstr("the database is not open yet"));
}

TEST_F(WaitTest, GoesOnWhileNobodyAnswers) {
  ApiClient api({.socket = "/nonexistent/admin.sock"});
  const WaitResult result = wait_until_served(api, {target}, 1s, environment_, view_);
  EXPECT_EQ(result.status, ExitStatus::failed);
  EXPECT_EQ(elapsed(), 1s);
  EXPECT_THAT(view_.shown.back(), HasSubstr("cannot reach acme-spoa at /nonexistent/admin.sock"));
}

TEST_F(WaitTest, EndsForAHostnameThatSomebodyRemoved) {
  const WaitResult result = wait({{404, R"({"detail": "a.example is not a hostname here"})"}});
  EXPECT_EQ(result.status, ExitStatus::failed);
  EXPECT_THAT(view_.shown, ElementsAre("a.example: a.example is not a hostname here"));
}

}  // namespace
}  // namespace agent
