#include "agent/issuer/preflight_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme/retry_advice.h"
#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"
#include "tests/agent/dns/scripted_resolver.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using dns::RecordType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Remembers what is visible.
class VisibleAnswers final : public Solver {
 public:
  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override {
    visible = std::move(answers);
    co_return Outcome{};
  }
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override {
    if (answers == visible) visible.clear();
    co_return;
  }
  std::vector<acme::Answer> visible;
};

class PreflightCheckTest : public testing::Test {
 protected:
  PreflightCheckTest() {
    for (const char* name : {"a.example.test", "b.example.test"}) {
      resolver_.set(name, RecordType::a, {dns::Address{"192.0.2.1"}});
    }
    http_.answer = [](const acme::HttpRequest&) { return test::ScriptedHttp::status(404); };
  }

  std::optional<acme::Error> check(const std::vector<std::string>& names,
                                   PreflightCheck::Fetch fetch = PreflightCheck::Fetch::no) {
    const PreflightOptions options{.http = fetch == PreflightCheck::Fetch::yes};
    Preflight preflight(resolver_, http_, options);
    PreflightCheck checked({preflight, solver_, random_, log_}, policy_, fetch);
    OrderRecord order;
    for (const std::string& name : names) {
      order.names.push_back(base::DomainName::parse_name_or_address(name).value());
    }
    const NameCheck::Authority authority{{"ca.test"}, "https://ca.test/1", thumbprint_};
    return test::run(loop_, checked.check(order, authority));
  }

  base::asio::io_context loop_{1};
  test::ScriptedResolver resolver_;
  test::ScriptedHttp http_{loop_};
  VisibleAnswers solver_;
  fakes::FakeRandom random_;
  base::NullLog log_;
  ChallengePolicy policy_;
  const acme::Thumbprint thumbprint_{std::string(43, 'T')};
};

TEST_F(PreflightCheckTest, SaysNothingOfGoodNames) {
  EXPECT_FALSE(check({"a.example.test", "b.example.test"}));
  EXPECT_THAT(http_.requests, IsEmpty());
}

TEST_F(PreflightCheckTest, NamesWhatStandsInTheWayOfEachName) {
  resolver_.set("b.example.test", RecordType::caa, {dns::Caa{0, "issue", "other.test"}});
  const auto error = check({"a.example.test", "b.example.test", "gone.example.test"});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->origin, acme::Origin::local);
  EXPECT_EQ(error->code, acme::Errc::compound);
  ASSERT_THAT(error->subproblems, SizeIs(2));
  EXPECT_EQ(error->subproblems[0].identifier->value(), "b.example.test");
  EXPECT_EQ(error->subproblems[0].code, acme::Errc::caa);
  EXPECT_THAT(error->subproblems[0].detail, HasSubstr("CAA 0 issue \"ca.test\""));
  EXPECT_EQ(error->subproblems[1].identifier->value(), "gone.example.test");
  EXPECT_EQ(error->subproblems[1].code, acme::Errc::dns);
}

TEST_F(PreflightCheckTest, OneNameIsJudgedAsTheAuthorityWouldJudgeIt) {
  resolver_.set("a.example.test", RecordType::caa, {dns::Caa{0, "issue", "other.test"}});
  const auto forbidden = check({"a.example.test"});
  ASSERT_TRUE(forbidden);
  EXPECT_EQ(forbidden->code, acme::Errc::caa);
  const auto gone = check({"gone.example.test"});
  ASSERT_TRUE(gone);
  EXPECT_EQ(acme::retry_advice(*gone).action, acme::RetryAction::backoff);
}

TEST_F(PreflightCheckTest, NoAddressIsNeededWhereNobodyConnects) {
  policy_.types = {acme::ChallengeType::dns_01};
  EXPECT_FALSE(check({"gone.example.test", "*.gone.example.test"}));
}

TEST_F(PreflightCheckTest, AddressesAreNotLookedUp) {
  EXPECT_FALSE(check({"192.0.2.7"}));
  EXPECT_THAT(resolver_.questions, IsEmpty());
}

TEST_F(PreflightCheckTest, FetchesAnAnswerOfItsOwnAndTakesItBack) {
  http_.answer = [&](const acme::HttpRequest& request) {
    const auto& answer = std::get<acme::HttpAnswer>(solver_.visible.at(0));
    EXPECT_EQ(request.url.text(),
              "http://a.example.test/.well-known/acme-challenge/" + answer.token.text());
    EXPECT_EQ(answer.key_authorization.value(), answer.token.text() + "." + thumbprint_.value());
    return test::ScriptedHttp::status(200, answer.key_authorization.value());
  };
  EXPECT_FALSE(check({"a.example.test"}, PreflightCheck::Fetch::yes));
  EXPECT_THAT(http_.requests, SizeIs(1));
  EXPECT_THAT(solver_.visible, IsEmpty());

  http_.answer = [](const acme::HttpRequest&) { return test::ScriptedHttp::status(404); };
  const auto error = check({"a.example.test"}, PreflightCheck::Fetch::yes);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, acme::Errc::incorrect_response);
  EXPECT_THAT(error->detail, HasSubstr("answers with status 404"));
  EXPECT_THAT(solver_.visible, IsEmpty());
}

}  // namespace
}  // namespace agent
