#include "agent/issuer/txt_solver.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/store/sqlite_store.h"
#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/virtual_time.h"
#include "tests/haproxy/asio/await.h"

namespace agent {
namespace {

using testing::IsEmpty;
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
    return test::run(life_->loop, life_->solver.present(std::move(answers)));
  }
  void clean_up(std::vector<acme::Answer> answers) {
    test::run(life_->loop, ended(life_->solver.clean_up(std::move(answers))));
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

  /// A solver's life: it ends with its loop.
  struct Life {
    explicit Life(TxtSolverTest& test)
        : database(SqliteStore::open(sqlite::Connection::open(test.folder_ / "store.db").value(),
                                     *test.sealer_)
                       .value()),
          debts(database, test.time_, test.log_),
          solver({[&test](TxtRecord record) { return test.act("publish", std::move(record)); },
                  [&test](TxtRecord record) { return test.act("withdraw", std::move(record)); },
                  test.log_,
                  debts}) {}
    base::asio::io_context loop;
    Database database;
    RecordDebts debts;
    TxtSolver solver;
  };
  void restart() {
    life_.reset();
    life_ = std::make_unique<Life>(*this);
    test::run(life_->loop, ended(life_->solver.resume()));
  }
  void run_for(std::chrono::milliseconds passed) {
    const base::MonotonicTime end = time_.monotonic() + passed;
    while (time_.monotonic() < end) {
      life_->loop.restart();
      if (life_->loop.poll() > 0) continue;
      // What the database's thread was given is done once this is.
      const auto nothing = [](Store&) { return 0; };
      haproxy::test::await(life_->loop, life_->database.run(nothing));
      time_.leap(life_->loop);
    }
  }
  std::size_t debts_in_store() {
    const auto read = [](Store& store) { return store.meta("challenge records to remove"); };
    const auto text = haproxy::test::await(life_->loop, life_->database.run(read)).value();
    return text ? parse_record_debts(*text).size() : 0;
  }

  const std::string token_a_ = "token-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const std::string token_b_ = "token-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  fakes::VirtualTime time_;
  const TemporaryFolder folder_;
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  base::NullLog log_;
  std::vector<std::string> calls_;
  ChallengeFacts facts_;
  std::map<std::string, std::string> failures_;  ///< by fqdn
  std::unique_ptr<Life> life_ = std::make_unique<Life>(*this);
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

TEST_F(TxtSolverTest, GoesOnWithAFailedCleanUpAfterARestart) {
  failures_["_acme-challenge.a.example"] = "no answer";
  clean_up({answer("a.example", token_a_), answer("b.example", token_b_)});
  EXPECT_EQ(debts_in_store(), 1U);
  calls_.clear();
  failures_.clear();
  restart();
  run_for(std::chrono::minutes(2));
  EXPECT_THAT(calls_,
              UnorderedElementsAre("withdraw _acme-challenge.a.example " +
                                   value(answer("a.example", token_a_))));
  EXPECT_EQ(debts_in_store(), 0U);
}

TEST_F(TxtSolverTest, LeavesARecordThatIsWantedAgain) {
  failures_["_acme-challenge.a.example"] = "no answer";
  clean_up({answer("a.example", token_a_)});
  failures_.clear();
  restart();
  EXPECT_TRUE(present({answer("a.example", token_a_)}));
  calls_.clear();
  run_for(std::chrono::hours(24));
  EXPECT_THAT(calls_, IsEmpty());
  EXPECT_EQ(debts_in_store(), 0U);
}

TEST_F(TxtSolverTest, GivesUpAfterAWeek) {
  failures_["_acme-challenge.a.example"] = "no answer";
  clean_up({answer("a.example", token_a_)});
  run_for(RecordDebts::longest - std::chrono::hours(8));
  EXPECT_EQ(debts_in_store(), 1U);
  run_for(std::chrono::hours(24));
  EXPECT_EQ(debts_in_store(), 0U);
  EXPECT_LT(calls_.size(), 40U);
}

}  // namespace
}  // namespace agent
