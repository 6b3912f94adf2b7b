#include "agent/issuer/txt_solver.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/fakes/example_account.h"

namespace agent {
namespace {

using testing::UnorderedElementsAre;

class TxtSolverTest : public testing::Test {
 protected:
  static acme::Answer answer(const std::string& name, const std::string& token) {
    const base::DomainName domain = base::DomainName::parse(name).value();
    acme::OrderRecord order;
    order.thumbprint = acme::Thumbprint(std::string(fakes::example_thumbprint));
    return acme::answer_to({acme::ChallengeType::dns_01,
                            acme::Identifier(domain),
                            *acme::Url::parse("https://ca.example/authz"),
                            *acme::Url::parse("https://ca.example/chal"),
                            *acme::Token::parse(token)},
                           order);
  }
  static std::string value(const acme::Answer& answer) {
    return std::get<acme::TxtAnswer>(answer).value;
  }

  Solver::Outcome present(std::vector<acme::Answer> answers) {
    return test::run(loop_, solver_.present(std::move(answers)));
  }
  void clean_up(std::vector<acme::Answer> answers) {
    test::run(loop_, ended(solver_.clean_up(std::move(answers))));
  }
  static base::asio::awaitable<bool> ended(base::asio::awaitable<void> task) {
    co_await std::move(task);
    co_return true;
  }
  base::asio::awaitable<DnsProvider::Outcome> act(std::string verb, TxtRecord record) {
    calls_.push_back(verb + " " + record.fqdn.text() + " " + record.value);
    facts_ = record.challenge;
    const auto failure = failures_.find(record.fqdn.text());
    if (failure != failures_.end()) {
      DnsError error{DnsErrc::transient, failure->second};
      co_return base::Unexpected(std::move(error));
    }
    co_return DnsProvider::Outcome();
  }

  const std::string token_a_ = "token-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const std::string token_b_ = "token-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  base::asio::io_context loop_;
  base::NullLog log_;
  std::vector<std::string> calls_;
  ChallengeFacts facts_;
  std::map<std::string, std::string> failures_;  ///< by fqdn
  TxtSolver solver_{{[this](TxtRecord record) { return act("publish", std::move(record)); },
                     [this](TxtRecord record) { return act("withdraw", std::move(record)); },
                     log_}};
};

TEST_F(TxtSolverTest, PublishesApexAndWildcardAtOneNameAndWithdrawsEachValue) {
  const acme::Answer apex = answer("a.example", token_a_);
  const acme::Answer star = answer("*.a.example", token_b_);
  EXPECT_TRUE(present({apex, star}));
  EXPECT_THAT(calls_,
              UnorderedElementsAre("publish _acme-challenge.a.example " + value(apex),
                                   "publish _acme-challenge.a.example " + value(star)));
  EXPECT_EQ(facts_.domain, "a.example");
  EXPECT_EQ(facts_.token, token_b_);
  calls_.clear();
  clean_up({apex, star});
  EXPECT_THAT(calls_,
              UnorderedElementsAre("withdraw _acme-challenge.a.example " + value(apex),
                                   "withdraw _acme-challenge.a.example " + value(star)));
}

TEST_F(TxtSolverTest, NamesEachIdentifierThatFailedAndWhy) {
  failures_["_acme-challenge.a.example"] = "the server says REFUSED";
  const auto outcome = present({answer("a.example", token_a_), answer("b.example", token_b_)});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, acme::Errc::present_failed);
  EXPECT_EQ(outcome.error().origin, acme::Origin::local);
  ASSERT_EQ(outcome.error().subproblems.size(), 1U) << "the other one went well";
  EXPECT_EQ(outcome.error().subproblems[0].identifier->value(), "a.example");
  EXPECT_EQ(outcome.error().subproblems[0].detail, "the server says REFUSED");
}

TEST_F(TxtSolverTest, EndsACleanUpThatFailsAndGoesOnTryingBehindIt) {
  failures_["_acme-challenge.a.example"] = "no answer";
  clean_up({answer("a.example", token_a_)});
  EXPECT_EQ(calls_.size(), 1U);
}

}  // namespace
}  // namespace agent
