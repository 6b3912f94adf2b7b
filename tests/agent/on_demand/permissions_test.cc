#include "agent/on_demand/permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"

namespace agent {
namespace {

using testing::SizeIs;

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

class WarningCount final : public base::Log {
 public:
  int warnings = 0;
  void write(base::LogLevel level,
             std::string_view,
             std::initializer_list<base::LogField>) override {
    if (level == base::LogLevel::warn) ++warnings;
  }
};

class AskedPermissionTest : public testing::Test {
 protected:
  Permit ask(const test::ScriptedHttp::Reply& reply) {
    http_.answer = [reply](const acme::HttpRequest&) { return reply; };
    return test::run(loop_, permission_.ask(name("shop.example.org")));
  }
  Permit ask(int status) { return ask(test::ScriptedHttp::status(status)); }

  base::asio::io_context loop_{1};
  test::ScriptedHttp http_{loop_};
  WarningCount log_;
  AskedPermission permission_{http_, *acme::Url::parse("http://127.0.0.1:5555/ask"), log_};
};

TEST_F(AskedPermissionTest, AsksByAGetWithTheName) {
  EXPECT_EQ(ask(200), Permit::yes);
  ASSERT_THAT(http_.requests, SizeIs(1));
  EXPECT_EQ(http_.requests[0].method, acme::HttpMethod::get);
  EXPECT_EQ(http_.requests[0].url.text(), "http://127.0.0.1:5555/ask?domain=shop.example.org");
}

TEST_F(AskedPermissionTest, TakesA200ForYesAndARefusalForNo) {
  for (const int status : {201, 204, 400, 403, 404}) EXPECT_EQ(ask(status), Permit::no) << status;
}

TEST_F(AskedPermissionTest, TakesWhatIsNoAnswerForLater) {
  for (const int status : {100, 301, 302, 408, 429, 500, 503}) {
    EXPECT_EQ(ask(status), Permit::later) << status;
  }
  EXPECT_EQ(ask(test::ScriptedHttp::failure("refused")), Permit::later);
}

TEST_F(AskedPermissionTest, SaysOnceThatNobodyAnswers) {
  ask(500);
  ask(test::ScriptedHttp::failure("refused"));
  EXPECT_EQ(log_.warnings, 1);
  ask(404);
  ask(503);
  EXPECT_EQ(log_.warnings, 2);
}

TEST(ListedPermission, KnowsNamesAndWhatIsBelowThem) {
  base::asio::io_context loop(1);
  ListedPermission permission({name("example.org"), name("*.example.net")});
  const auto ask = [&](std::string_view text) {
    return test::run(loop, permission.ask(name(text)));
  };
  EXPECT_EQ(ask("example.org"), Permit::yes);
  EXPECT_EQ(ask("a.example.org"), Permit::no);
  EXPECT_EQ(ask("a.b.example.net"), Permit::yes);
  EXPECT_EQ(ask("example.net"), Permit::no);
  EXPECT_EQ(ask("notexample.net"), Permit::no);
}

}  // namespace
}  // namespace agent
