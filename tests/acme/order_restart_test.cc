#include "tests/acme/order_machine_fixture.h"

namespace acme {
namespace {

// --- restarts

TEST_F(OrderMachine, ReadsTheOrderFirstAfterARestart) {
  place(order("pending"));
  EXPECT_EQ(posted(restart()), origin + "/order/1 ");
}

TEST_F(OrderMachine, PlacesTheOrderAgainWhenItsUrlWasLost) {
  start();
  make_key();
  EXPECT_EQ(posted(restart()).substr(0, 28), origin + "/new-order");
  EXPECT_EQ(state_.record.keys_made, 1) << "with the same key";
}

TEST_F(OrderMachine, GoesOnFromTheStatusAfterARestart) {
  reach_ready();
  restart();
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(order("processing"))));
  restart();
  EXPECT_EQ(posted(reply(order("ready"))).substr(0, 29), origin + "/finalize/1");
  restart();
  EXPECT_EQ(posted(reply(order("valid", R"(,"certificate":"/cert/1")"))), origin + "/cert/1 ");
}

TEST_F(OrderMachine, PresentsAgainFirstButRespondsOnceAfterARestart) {
  validate_one();
  state_ = OrderState{state_.record};
  const Action action = start();
  ASSERT_EQ(std::get<Present>(action).answers.size(), 1U);
  EXPECT_EQ(std::get<Present>(action).answers[0].token.text(), token_a);
  EXPECT_EQ(posted(step(Presented{})), origin + "/order/1 ");
  reply(order("pending"));
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(authorization("a", "pending"))));
}

TEST_F(OrderMachine, RespondsAfterARestartThatCameBeforeTheResponse) {
  place(order("pending"));
  reply(authorization("a", "pending"));
  restart();
  reply(order("pending"));
  EXPECT_EQ(posted(reply(authorization("a", "pending"))), origin + "/chal/a {}");
  EXPECT_EQ(state_.record.challenges.size(), 1U);
}

TEST_F(OrderMachine, RespondsAgainOnlyWhenAPossiblyLostResponseHadNoEffectForFiveSeconds) {
  respond_to_one();
  restart();
  reply(order("pending"));
  Action action = reply(authorization("a", "pending"));
  const base::WallTime began = now_;
  while (std::holds_alternative<Wait>(action)) {
    elapse();
    action = reply(order("pending"));
  }
  EXPECT_GE(now_ - began, seconds(5));
  EXPECT_EQ(posted(action), origin + "/authz/a ") << "it looks once more";
  EXPECT_EQ(posted(reply(authorization("a", "pending"))), origin + "/chal/a {}");
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(challenge("a", "pending"))));
  elapse();
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(order("pending")))) << "and not a third time";
}

TEST_F(OrderMachine, DoesNotRespondAgainWhenTheLostResponseHadArrived) {
  respond_to_one();
  restart();
  reply(order("pending"));
  reply(authorization("a", "pending"));
  elapse();
  EXPECT_EQ(posted(reply(order("ready"))).substr(0, 29), origin + "/finalize/1");
}

TEST_F(OrderMachine, KeepsToTheChallengeItBegan) {
  validate_one();
  state_.record.challenge_types = {ChallengeType::dns_01, ChallengeType::http_01};
  restart();
  reply(order("pending"));
  const std::string both =
      R"({"identifier":{"type":"dns","value":"a.example"},"status":"pending","challenges":[
          {"type":"dns-01","url":"/chal/dns","status":"pending","token":")" +
      token_b + R"("},)" + challenge("a", "pending") + "]}";
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(both))) << "the authority was told already";
  EXPECT_EQ(state_.record.challenges.size(), 1U);
}

TEST_F(OrderMachine, PresentsOnlyWhatIsNotUpYet) {
  state_.record = new_record({"a.example", "b.example"});
  place(order("pending"));
  reply(authorization("a", "pending"));
  restart();
  reply(order_of_two("pending"));
  reply(authorization("b", "pending"));
  const Action action = reply(authorization("a", "pending"));
  ASSERT_EQ(std::get<Present>(action).answers.size(), 1U);
  EXPECT_EQ(std::get<Present>(action).answers[0].token.text(), token_b);
  EXPECT_EQ(posted(step(Presented{})), origin + "/chal/b {}");
  EXPECT_EQ(posted(reply(challenge("b", "pending"))), origin + "/chal/a {}");
}

TEST_F(OrderMachine, CleansUpAfterARestartInTheMiddleOfIt) {
  reach_download();
  reply(chain());
  EXPECT_TRUE(std::holds_alternative<CleanUp>(restart()));
  EXPECT_TRUE(std::holds_alternative<Done>(step(CleanedUp{})));
}

TEST_F(OrderMachine, SaysTheSameEndAfterARestart) {
  reach_download();
  reply(chain());
  step(CleanedUp{});
  EXPECT_TRUE(std::holds_alternative<Done>(restart()));
  state_ = OrderState{new_record({"a.example"})};
  start();
  make_key();
  refuse(Errc::rejected_identifier);
  EXPECT_EQ(failure(restart()).code, Errc::rejected_identifier);
}

// --- lost orders

TEST_F(OrderMachine, PlacesOneMoreOrderWhenTheFirstIsGone) {
  validate_one();
  restart();
  const Action action = refuse(Errc::unknown_problem, 404);
  EXPECT_EQ(std::get<CleanUp>(action).answers[0].token.text(), token_a);
  EXPECT_FALSE(state_.record.order_url);
  EXPECT_EQ(posted(step(CleanedUp{})).substr(0, 28), origin + "/new-order");
  reply(order("pending"), {{"location", "/order/2"}}, 201);
  const Action end = refuse(Errc::malformed, 404);
  EXPECT_EQ(failure(end).http_status, 404) << "but not a third";
  EXPECT_EQ(state_.record.orders_placed, 2);
}

TEST_F(OrderMachine, PlacesOneMoreOrderWhenTheFirstHasExpired) {
  place(order("pending"));
  restart();
  EXPECT_EQ(posted(reply(order("invalid"))), origin + "/authz/a ");
  EXPECT_EQ(posted(reply(authorization("a", "expired"))).substr(0, 28), origin + "/new-order");
  reply(order("invalid"), {{"location", "/order/2"}}, 201);
  const Action end = reply(authorization("a", "expired"));
  EXPECT_EQ(failure(end).code, Errc::order_lost);
  EXPECT_EQ(failure(end).subproblems.at(0).code, Errc::authorization_lost);
}

TEST_F(OrderMachine, PlacesOneMoreOrderWhenAPendingOneHasADeadAuthorization) {
  place(order("pending"));
  EXPECT_EQ(posted(reply(authorization("a", "deactivated"))).substr(0, 28), origin + "/new-order");
}

TEST_F(OrderMachine, CleansUpBeforeTheSecondOrderEvenAfterARestart) {
  validate_one();
  elapse();
  refuse(Errc::unknown_problem, 404);
  EXPECT_TRUE(std::holds_alternative<CleanUp>(restart()));
  EXPECT_EQ(posted(step(CleanedUp{})).substr(0, 28), origin + "/new-order");
}

}  // namespace
}  // namespace acme
