#include "agent/dns/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using Decision = PreflightVerdict::Decision;
using dns::RecordType;
using test::ScriptedHttp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PreflightTest : public testing::Test {
 protected:
  PreflightTest() {
    resolver_.set("a.example.test", RecordType::a, {dns::Address{"192.0.2.1"}});
    http_.answer = [this](const acme::HttpRequest&) { return ScriptedHttp::status(200, answer_); };
  }
  PreflightVerdict check(const std::string& name = "a.example.test",
                         PreflightOptions options = {}) {
    Preflight preflight(resolver_, http_, std::move(options));
    PreflightQuestion question{
        .name = base::DomainName::parse(name).value(),
        .caa = {.identities = {"ca.test"},
                .account_url = "https://ca.test/1",
                .challenge = "http-01"},
        .probe = TokenProbe{*acme::Token::parse("token-token-token-token"),
                            acme::KeyAuthorization("token-token-token-token.thumbprint")}};
    return test::run(loop_, preflight.check(std::move(question)));
  }
  void caa(const std::string& owner, const std::string& tag, const std::string& value) {
    resolver_.set(owner, RecordType::caa, {dns::Caa{0, tag, value}});
  }

  base::asio::io_context loop_{1};
  test::ScriptedResolver resolver_;
  ScriptedHttp http_{loop_};
  std::string answer_ = "token-token-token-token.thumbprint\n";
};

TEST_F(PreflightTest, LetsAGoodNameGo) {
  const PreflightVerdict verdict = check();
  EXPECT_EQ(verdict.decision, Decision::go);
  EXPECT_THAT(verdict.obstacles, IsEmpty());
  EXPECT_THAT(verdict.doubts, IsEmpty());
  EXPECT_EQ(http_.requests.at(0).url.text(),
            "http://a.example.test/.well-known/acme-challenge/token-token-token-token");
}

TEST_F(PreflightTest, ClimbsToTheFirstCaaAndNoFurther) {
  caa("example.test", "issue", "other.test");
  EXPECT_THAT(
      check().obstacles,
      ElementsAre("example.test: CAA allows \"other.test\" only; to allow this authority add: "
                  "CAA 0 issue \"ca.test\""));
  caa("a.example.test", "issue", "ca.test");
  EXPECT_EQ(check().decision, Decision::go);
  // Not the root, which is nobody's.
  for (const DnsQuestion& question : resolver_.questions) EXPECT_FALSE(question.name.is_root());
}

TEST_F(PreflightTest, AWildcardIsJudgedAsOne) {
  caa("example.test", "issuewild", ";");
  resolver_.set("example.test", RecordType::a, {dns::Address{"192.0.2.1"}});
  EXPECT_EQ(check("*.example.test").decision, Decision::stop);
  EXPECT_EQ(check("a.example.test").decision, Decision::go);
}

TEST_F(PreflightTest, WhatIsNotKnownIsADoubtOnly) {
  resolver_.fail("example.test", RecordType::caa);
  resolver_.fail("a.example.test", RecordType::aaaa);
  http_.answer = [](const auto&) { return ScriptedHttp::failure("timed out"); };
  const PreflightVerdict verdict = check();
  EXPECT_EQ(verdict.decision, Decision::go);
  EXPECT_THAT(verdict.doubts,
              ElementsAre(HasSubstr("CAA of example.test is not known"),
                          HasSubstr("the addresses of a.example.test are not known"),
                          HasSubstr("cannot be fetched from here: timed out")));
}

TEST_F(PreflightTest, ANameWithoutAnAddressIsStopped) {
  EXPECT_THAT(check("gone.example.test", {.own_addresses = {"192.0.2.1", "2001:db8::1"}}).obstacles,
              ElementsAre("gone.example.test has no address; create an A or AAAA record for "
                          "192.0.2.1, 2001:db8::1"));
  EXPECT_THAT(http_.requests, IsEmpty());
}

TEST_F(PreflightTest, ANameHasToPointToUs) {
  EXPECT_EQ(check("a.example.test", {.own_addresses = {"192.0.2.1"}}).decision, Decision::go);
  EXPECT_THAT(check("a.example.test", {.own_addresses = {"192.0.2.9"}}).obstacles,
              ElementsAre("a.example.test points to 192.0.2.1; it has to point to 192.0.2.9"));
  resolver_.set("a.example.test", RecordType::aaaa, {dns::Address{"2001:db8::7"}});
  const PreflightVerdict verdict = check("a.example.test", {.own_addresses = {"192.0.2.1"}});
  EXPECT_EQ(verdict.decision, Decision::go);
  EXPECT_THAT(verdict.doubts, ElementsAre(HasSubstr("points to 2001:db8::7, too")));
}

TEST_F(PreflightTest, AnotherServersAnswerStops) {
  http_.answer = [](const auto&) { return ScriptedHttp::status(404); };
  EXPECT_THAT(check().obstacles, ElementsAre(HasSubstr("answers with status 404; another server")));
  answer_ = "hello";
  http_.answer = [this](const auto&) { return ScriptedHttp::status(200, answer_); };
  EXPECT_THAT(check().obstacles, ElementsAre(HasSubstr("answers something else")));
}

TEST_F(PreflightTest, FollowsRedirectsAsTheAuthorityDoes) {
  const auto redirect = [](const std::string& to) {
    return ScriptedHttp::Reply(
        acme::HttpResponse{.status = 301, .headers = {{"location", to}}, .body = {}});
  };
  http_.answer = [&](const acme::HttpRequest& request) {
    if (request.url.text().find("//answers.test/") != std::string::npos) {
      return ScriptedHttp::status(200, answer_);
    }
    return redirect("http://answers.test/t");
  };
  EXPECT_EQ(check().decision, Decision::go);
  EXPECT_EQ(http_.requests.size(), 2U);
  // Whose certificate the authority would take, whatever it is.
  http_.answer = [&](const auto&) { return redirect("https://a.example.test/"); };
  EXPECT_THAT(check().doubts, IsEmpty());
  http_.answer = [&](const auto&) { return redirect("/again"); };
  EXPECT_THAT(check().doubts, ElementsAre(HasSubstr("redirected in a loop")));
}

TEST_F(PreflightTest, LooksAtWhatIsConfiguredOnly) {
  caa("example.test", "issue", ";");
  const PreflightVerdict verdict =
      check("gone.example.test", {.caa = false, .address = false, .http = false});
  EXPECT_EQ(verdict.decision, Decision::go);
  EXPECT_THAT(resolver_.questions, IsEmpty());
  EXPECT_THAT(http_.requests, IsEmpty());
}

}  // namespace
}  // namespace agent
