#include "agent/issuer/standing_txt_solver.h"

#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"
#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

class StandingTxt : public testing::Test {
 protected:
  std::string missing() {
    const acme::StandingTxtAnswer answer{
        acme::Identifier(base::DomainName::parse("*.a.example").value()),
        {"ca.example"},
        "https://ca.example/acct/1"};
    const auto outcome = test::run(loop_, solver_.present({answer}));
    return outcome ? "" : outcome.error().subproblems.at(0).detail;
  }

  base::asio::io_context loop_;
  fakes::FakeClock clock_;
  test::ScriptedResolver resolver_;
  StandingTxtSolver solver_{resolver_, clock_};
};

TEST_F(StandingTxt, IsFoundAmongOthers) {
  resolver_.set("_validation-persist.a.example",
                dns::RecordType::txt,
                {dns::Text{"other.example; accounturi=https://other.example/9"},
                 dns::Text{"ca.example; accounturi=https://ca.example/acct/1; policy=wildcard"}});
  EXPECT_EQ(missing(), "");
}

TEST_F(StandingTxt, IsAskedForWhereItIsMissing) {
  const std::string sentence =
      "no TXT record at _validation-persist.a.example allows it; expected: ca.example; "
      "accounturi=https://ca.example/acct/1; policy=wildcard";
  EXPECT_EQ(missing(), sentence);
  resolver_.set("_validation-persist.a.example",
                dns::RecordType::txt,
                {dns::Text{"ca.example; accounturi=https://ca.example/acct/1"}});
  EXPECT_EQ(missing(), sentence) << "a wildcard needs its policy";
}

TEST_F(StandingTxt, SaysWhenNobodyAnswers) {
  resolver_.fail("_validation-persist.a.example", dns::RecordType::txt);
  EXPECT_EQ(missing(), "the server answers SERVFAIL");
}

}  // namespace
}  // namespace agent
