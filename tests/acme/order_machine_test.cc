#include "acme/order_machine.h"

#include "tests/acme/order_machine_fixture.h"

namespace acme {
namespace {

// --- the good path

TEST_F(OrderMachine, MakesTheKeyFirst) {
  const Action action = start();
  const auto& wanted = std::get<GenerateKey>(action);
  EXPECT_EQ(wanted.type, KeyType::ecdsa_p256);
  EXPECT_EQ(wanted.identifiers, state_.record.identifiers);
}

TEST_F(OrderMachine, PlacesTheOrderOnceTheKeyIsInTheRecord) {
  start();
  EXPECT_EQ(posted(make_key()),
            origin + R"(/new-order {"identifiers":[{"type":"dns","value":"a.example"}]})");
  EXPECT_FALSE(state_.record.private_key_pem.empty());
  EXPECT_FALSE(state_.record.csr.empty());
}

TEST_F(OrderMachine, HasTheOrderUrlInTheRecordBeforeItGoesOn) {
  EXPECT_EQ(posted(place(order("pending"))), origin + "/authz/a ");
  EXPECT_EQ(state_.record.order_url->text(), origin + "/order/1");
}

TEST_F(OrderMachine, PresentsTheKeyAuthorizationWithTheChallengeInTheRecord) {
  place(order("pending"));
  const Action action = reply(authorization("a", "pending"));
  const auto& answers = std::get<Present>(action).answers;
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].type, ChallengeType::http_01);
  EXPECT_EQ(answers[0].identifier.value(), "a.example");
  EXPECT_EQ(answers[0].token.text(), token_a);
  EXPECT_EQ(answers[0].key_authorization.value(),
            token_a + "." + std::string(fakes::example_thumbprint));
  ASSERT_EQ(state_.record.challenges.size(), 1U);
  EXPECT_EQ(state_.record.challenges[0].response, ChallengeResponse::none);
}

TEST_F(OrderMachine, TellsTheAuthorityOnlyAfterPresenting) {
  EXPECT_EQ(posted(respond_to_one()), origin + "/chal/a {}");
  EXPECT_EQ(state_.record.challenges[0].response, ChallengeResponse::sent);
  reply(challenge("a", "pending"));
  EXPECT_EQ(state_.record.challenges[0].response, ChallengeResponse::acknowledged);
}

TEST_F(OrderMachine, PollsTheOrderQuicklyAtFirst) {
  const milliseconds first = wait_of(validate_one());
  EXPECT_GE(first, milliseconds(150));
  EXPECT_LE(first, milliseconds(250));
  EXPECT_EQ(posted(elapse()), origin + "/order/1 ");
  EXPECT_GE(wait_of(reply(order("pending"))), milliseconds(400));
}

TEST_F(OrderMachine, FinalizesAReadyOrder) {
  const Action action = reach_ready();
  EXPECT_EQ(posted(action), origin + R"(/finalize/1 {"csr":")" + state_.record.csr + R"("})");
}

TEST_F(OrderMachine, DownloadsVerifiesAndCleansUp) {
  const Action download = reach_download();
  EXPECT_EQ(posted(download), origin + "/cert/1 ");
  EXPECT_EQ(std::get<Post>(download).accept, "application/pem-certificate-chain");
  const std::string pem = chain();
  const Action action = reply(pem);
  EXPECT_EQ(state_.record.certificate_chain_pem, pem);
  ASSERT_EQ(std::get<CleanUp>(action).answers.size(), 1U);
  EXPECT_EQ(std::get<CleanUp>(action).answers[0].token.text(), token_a);
  const Action end = step(CleanedUp{});
  EXPECT_EQ(std::get<Done>(end).certificate.names, std::vector<std::string>{"a.example"});
  EXPECT_TRUE(state_.record.challenges.empty());
}

TEST_F(OrderMachine, TakesAValidOrderStraightFromFinalize) {
  reach_ready();
  EXPECT_EQ(posted(reply(order("valid", R"(,"certificate":"/cert/1")"))), origin + "/cert/1 ");
}

TEST_F(OrderMachine, FinalizesAtOnceWhenAuthorizationsAreReused) {
  EXPECT_EQ(posted(place(order("ready"))).substr(0, 29), origin + "/finalize/1");
}

TEST_F(OrderMachine, SkipsAuthorizationsThatAreValid) {
  state_.record = new_record({"a.example", "b.example"});
  place(order_of_two("pending"));
  EXPECT_EQ(posted(reply(authorization("b", "valid", "valid"))), origin + "/authz/a ");
  const Action action = reply(authorization("a", "pending"));
  ASSERT_EQ(std::get<Present>(action).answers.size(), 1U);
  EXPECT_EQ(std::get<Present>(action).answers[0].identifier.value(), "a.example");
}

TEST_F(OrderMachine, WaitsForTheOrderWhenAllAuthorizationsAreValid) {
  place(order("pending"));
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(authorization("a", "valid", "valid"))));
  elapse();
  EXPECT_EQ(posted(reply(order("ready"))).substr(0, 29), origin + "/finalize/1");
}

TEST_F(OrderMachine, PresentsAllAnswersBeforeTheFirstResponse) {
  state_.record = new_record({"a.example", "b.example"});
  place(order_of_two("pending"));
  reply(authorization("b", "pending"));
  EXPECT_EQ(std::get<Present>(reply(authorization("a", "pending"))).answers.size(), 2U);
  EXPECT_EQ(posted(step(Presented{})), origin + "/chal/b {}");
  EXPECT_EQ(posted(reply(challenge("b", "pending"))), origin + "/chal/a {}");
  EXPECT_TRUE(std::holds_alternative<Wait>(reply(challenge("a", "pending"))));
}

TEST_F(OrderMachine, ResolvesRelativeUrls) {
  start();
  make_key();
  reply(order("pending"), {{"location", "order/1"}}, 201);
  EXPECT_EQ(state_.record.order_url->text(), origin + "/order/1");
}

TEST_F(OrderMachine, IsDeterministic) {
  OrderState one{state_.record};
  OrderState two{state_.record};
  for (OrderState* state : {&one, &two}) {
    resume(*state, Started{}, now_);
    resume(*state, KeyGenerated{{"pem", "csr"}}, now_);
  }
  EXPECT_EQ(one.record, two.record);
  const Error fault{.code = Errc::timeout, .context = {}, .detail = {}};
  EXPECT_EQ(std::get<Suspend>(resume(one, fault, now_)).until,
            std::get<Suspend>(resume(two, fault, now_)).until);
}

// --- waiting

TEST_F(OrderMachine, HonoursRetryAfterWithinBounds) {
  validate_one();
  const auto delay = [this](const std::string& value) {
    elapse();
    return wait_of(reply(order("pending"), {{"retry-after", value}}));
  };
  EXPECT_EQ(delay("3"), seconds(3));
  EXPECT_EQ(delay("0"), seconds(1));
  EXPECT_EQ(delay("3600"), seconds(60));
  EXPECT_LT(delay("-1"), seconds(3));
}

TEST_F(OrderMachine, LeavesAnOrderThatIsNotValidatedInThreeMinutes) {
  Action action = validate_one();
  const base::WallTime began = now_;
  while (std::holds_alternative<Wait>(action)) {
    elapse();
    action = reply(order("pending"));
  }
  EXPECT_EQ(reason(action).code, Errc::order_overdue);
  EXPECT_EQ(describe(reason(action)),
            "order https://ca.example/order/1: the authority did not finish the order in time: it "
            "is still being validated");
  EXPECT_GE(now_ - began, minutes(3));
  EXPECT_LE(now_ - began, minutes(3) + seconds(15));
  EXPECT_GE(pause_of(action), minutes(1));
  EXPECT_TRUE(state_.record.order_url) << "no second order";
  EXPECT_EQ(state_.record.challenges.size(), 1U) << "the answer stays up";
}

TEST_F(OrderMachine, GivesTheCertificateHalfAnHour) {
  reach_ready();
  Action action = reply(order("processing"));
  const base::WallTime began = now_;
  while (std::holds_alternative<Wait>(action)) {
    elapse();
    action = reply(order("processing"));
  }
  EXPECT_EQ(reason(action).code, Errc::order_overdue);
  EXPECT_GE(now_ - began, minutes(30));
  EXPECT_EQ(posted(resume_later()), origin + "/order/1 ");
  EXPECT_EQ(posted(reply(order("valid", R"(,"certificate":"/cert/1")"))), origin + "/cert/1 ");
}

TEST_F(OrderMachine, FailsAnOrderThatIsOverdueForTheNinthTime) {
  Action action = validate_one();
  for (int times = 1; times <= 8; ++times) {
    while (std::holds_alternative<Wait>(action)) {
      elapse();
      action = reply(order("pending"));
    }
    ASSERT_EQ(reason(action).code, Errc::order_overdue) << times;
    resume_later();
    reply(order("pending"));
    action = reply(authorization("a", "pending"));
    ASSERT_TRUE(std::holds_alternative<Wait>(action)) << "told once, not again";
  }
  while (std::holds_alternative<Wait>(action)) {
    elapse();
    action = reply(order("pending"));
  }
  EXPECT_EQ(failure(cleaned(action)).code, Errc::order_overdue);
}

}  // namespace
}  // namespace acme
