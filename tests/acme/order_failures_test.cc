#include <stdexcept>

#include "tests/acme/order_machine_fixture.h"

namespace acme {
namespace {

// --- failures of the name

TEST_F(OrderMachine, FindsTheIdentifierThatFailed) {
  state_.record = new_record({"a.example", "b.example"});
  place(order_of_two("pending"));
  reply(authorization("b", "pending"));
  reply(authorization("a", "pending"));
  step(Presented{});
  reply(challenge("b", "pending"));
  reply(challenge("a", "pending"));
  elapse();
  EXPECT_EQ(posted(reply(order_of_two("invalid"))), origin + "/authz/b ");
  EXPECT_EQ(posted(reply(refused("b", "connection"))), origin + "/authz/a ");
  const Action action = reply(authorization("a", "valid", "valid"));
  EXPECT_EQ(std::get<CleanUp>(action).answers.size(), 2U);
  const Error error = failure(step(CleanedUp{}));
  EXPECT_EQ(error.code, Errc::connection);
  EXPECT_EQ(error.origin, Origin::challenge);
  ASSERT_EQ(error.subproblems.size(), 1U);
  EXPECT_EQ(error.subproblems[0].identifier, identifier("b.example"));
  EXPECT_EQ(error.subproblems[0].detail, "it did not work");
  EXPECT_EQ(describe(error),
            "order https://ca.example/order/1: the authority could not connect to the name "
            "[b.example: it did not work]");
}

TEST_F(OrderMachine, CallsDifferentFailuresCompound) {
  state_.record = new_record({"a.example", "b.example"});
  place(order_of_two("invalid"));
  reply(refused("b", "connection"));
  const Error error = failure(reply(refused("a", "dns")));
  EXPECT_EQ(error.code, Errc::compound);
  EXPECT_EQ(error.subproblems.size(), 2U);
}

TEST_F(OrderMachine, ReportsTheOrdersOwnErrorWhenNoAuthorizationFailed) {
  reach_ready();
  reply(
      order("invalid", R"(,"error":{"type":"urn:ietf:params:acme:error:caa","detail":"recheck"})"));
  const Error error = failure(cleaned(reply(authorization("a", "valid", "valid"))));
  EXPECT_EQ(error.code, Errc::caa);
  EXPECT_EQ(error.origin, Origin::order);
  EXPECT_EQ(error.context, "order https://ca.example/order/1");
}

TEST_F(OrderMachine, ReportsTheOrdersErrorWhenItsAuthorizationsCannotBeRead) {
  place(order("invalid", R"(,"error":{"type":"urn:ietf:params:acme:error:dns","detail":"x"})"));
  EXPECT_EQ(failure(refuse(Errc::unknown_problem, 404)).code, Errc::dns);
  state_ = OrderState{new_record({"a.example"})};
  place(order("invalid", R"(,"error":{"type":"urn:ietf:params:acme:error:dns","detail":"x"})"));
  EXPECT_EQ(failure(reply("<html>")).code, Errc::dns);
}

TEST_F(OrderMachine, FailsANameWithoutAChallengeItMayUse) {
  state_.record.challenge_types = {ChallengeType::tls_alpn_01};
  place(order("pending"));
  const Error error = failure(reply(authorization("a", "pending")));
  EXPECT_EQ(error.code, Errc::no_usable_challenge);
  EXPECT_EQ(error.origin, Origin::local);
  EXPECT_EQ(error.subproblems.at(0).identifier, identifier("a.example"));
}

TEST_F(OrderMachine, FailsWhenAnAuthorizationIsAlreadyInvalid) {
  place(order("pending"));
  EXPECT_EQ(failure(reply(refused("a", "dns"))).code, Errc::dns);
}

// --- our side

TEST_F(OrderMachine, FailsWithoutAKey) {
  start();
  EXPECT_EQ(failure(refuse({.code = Errc::key_generation_failed,
                            .origin = Origin::local,
                            .context = {},
                            .detail = "x"}))
                .code,
            Errc::key_generation_failed);
}

TEST_F(OrderMachine, CleansUpAlsoAfterAFailedPresent) {
  place(order("pending"));
  reply(authorization("a", "pending"));
  const Action action = refuse({.code = Errc::present_failed,
                                .origin = Origin::local,
                                .context = {},
                                .detail = "disk full"});
  EXPECT_EQ(std::get<CleanUp>(action).answers.size(), 1U);
  const Error error = failure(step(CleanedUp{}));
  EXPECT_EQ(describe(error),
            "order https://ca.example/order/1: present: the answer to a challenge could not be "
            "published: disk full");
}

TEST_F(OrderMachine, EndsEvenIfCleanUpFails) {
  reach_download();
  reply(chain());
  EXPECT_TRUE(std::holds_alternative<Done>(refuse(Errc::present_failed)));
}

TEST_F(OrderMachine, DownloadsAgainWhenTheChainIsWrongAndFailsTheThirdTime) {
  reach_download();
  const std::string half = chain().substr(0, 500);
  for (int times = 1; times <= 2; ++times) {
    const Action action = reply(half);
    EXPECT_EQ(reason(action).code, Errc::bad_certificate);
    EXPECT_EQ(reason(action).context, "order https://ca.example/order/1: certificate");
    EXPECT_GE(pause_of(action), minutes(1));
    resume_later();
    reply(order("valid", R"(,"certificate":"/cert/1")"));
  }
  EXPECT_EQ(failure(cleaned(reply(half))).code, Errc::bad_certificate);
  EXPECT_TRUE(state_.record.certificate_chain_pem.empty());
}

TEST_F(OrderMachine, RefusesACertificateForAnotherKey) {
  reach_download();
  const std::string pem = chain();
  state_.record.private_key_pem = fakes::example_account_key;
  EXPECT_EQ(reason(reply(pem)).code, Errc::bad_certificate);
}

// --- refusals

TEST_F(OrderMachine, MakesAnotherKeyOnceWhenTheCsrIsRefused) {
  reach_ready();
  const std::string first_key = state_.record.private_key_pem;
  EXPECT_TRUE(std::holds_alternative<GenerateKey>(refuse(Errc::bad_csr)));
  EXPECT_TRUE(std::holds_alternative<Present>(make_key()));
  EXPECT_EQ(posted(step(Presented{})), origin + "/order/1 ");
  EXPECT_NE(state_.record.private_key_pem, first_key);
  EXPECT_EQ(posted(reply(order("ready"))).substr(0, 29), origin + "/finalize/1");
  EXPECT_EQ(failure(cleaned(refuse(Errc::bad_csr))).code, Errc::bad_csr);
}

TEST_F(OrderMachine, ReadsTheOrderAgainWhenItIsNotReady) {
  reach_ready();
  EXPECT_EQ(wait_of(refuse(Errc::order_not_ready, 403)), seconds(1));
  EXPECT_EQ(posted(elapse()), origin + "/order/1 ");
}

TEST_F(OrderMachine, DoesNotReadForEverAnOrderThatClaimsToBeReadyAndIsNot) {
  reach_ready();
  Action action = refuse(Errc::order_not_ready, 403);
  int times = 1;
  for (; std::holds_alternative<Wait>(action) && times < 100; ++times) {
    elapse();
    reply(order("ready"));
    action = refuse(Errc::order_not_ready, 403);
  }
  EXPECT_EQ(times, 6);
  EXPECT_EQ(failure(cleaned(action)).code, Errc::order_not_ready);
}

TEST_F(OrderMachine, DoesNotFinalizeForEver) {
  Action action = reach_ready();
  int times = 0;
  while (std::holds_alternative<Post>(action) && times < 100) {
    ++times;
    reply(order("ready"));
    elapse();
    action = reply(order("ready"));
  }
  EXPECT_EQ(times, 10);
  EXPECT_EQ(failure(cleaned(action)).code, Errc::bad_response);
}

TEST_F(OrderMachine, LooksAtTheOrderWhenAResponseIsRefused) {
  respond_to_one();
  EXPECT_EQ(wait_of(refuse(Errc::malformed)), seconds(1));
  EXPECT_EQ(posted(elapse()), origin + "/order/1 ");
  EXPECT_EQ(posted(reply(order("ready"))).substr(0, 29), origin + "/finalize/1");
}

TEST_F(OrderMachine, DoesNotTakeNonsenseForAnAcknowledgement) {
  respond_to_one();
  EXPECT_EQ(reason(reply("<html>captive portal</html>")).code, Errc::bad_response);
  EXPECT_EQ(state_.record.challenges[0].response, ChallengeResponse::sent);
}

TEST_F(OrderMachine, AcceptsAFinalizeReplyWithoutAnOrder) {
  reach_ready();
  EXPECT_TRUE(std::holds_alternative<Wait>(reply("")));
  EXPECT_EQ(posted(elapse()), origin + "/order/1 ");
}

TEST_F(OrderMachine, WaitsWhereARateLimitSaysSo) {
  start();
  make_key();
  const Action action = refuse({.code = Errc::rate_limited,
                                .context = {},
                                .detail = "too many new orders (300) from this account",
                                .retry_after = seconds(3600),
                                .http_status = 429});
  EXPECT_GE(pause_of(action), seconds(3600));
  EXPECT_LE(pause_of(action), seconds(3600 * 12 / 10));
  EXPECT_EQ(
      describe(reason(action)),
      "new order for a.example: a rate limit of the authority is reached: too many new orders "
      "(300) from this account");
  EXPECT_EQ(posted(resume_later()).substr(0, 28), origin + "/new-order");
}

TEST_F(OrderMachine, FailsForGoodWhereTheAuthorityRefusesForGood) {
  for (const Errc code : {Errc::rejected_identifier,
                          Errc::unauthorized,
                          Errc::caa,
                          Errc::malformed,
                          Errc::external_account_required,
                          Errc::user_action_required}) {
    state_ = OrderState{new_record({"a.example", "b.example", "c.example"})};
    start();
    make_key();
    const Error error = failure(refuse(code, 403));
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.context, "new order for a.example and 2 more");
  }
}

TEST_F(OrderMachine, BacksOffLongerFromAnAuthorityThatStaysAway) {
  start();
  Action action = make_key();
  milliseconds last{0};
  for (int n = 0; n < 20; ++n) {
    action = refuse(Errc::connection_failed, 0);
    EXPECT_GE(pause_of(action), last * 8 / 10);
    last = pause_of(action);
    resume_later();
  }
  EXPECT_GE(last, minutes(15));
  EXPECT_LE(last, minutes(18));
  reply(order("pending"), {{"location", "/order/1"}}, 201);
  EXPECT_LE(pause_of(refuse(Errc::connection_failed, 0)), seconds(6)) << "it was well meanwhile";
}

TEST_F(OrderMachine, ComesBackWhenAnAuthorityInTroubleSaysSo) {
  start();
  make_key();
  const Action action = refuse({.code = Errc::server_internal,
                                .context = {},
                                .detail = {},
                                .retry_after = seconds(60),
                                .http_status = 500});
  EXPECT_GE(pause_of(action), seconds(60));
  EXPECT_LE(pause_of(action), seconds(72));
}

TEST_F(OrderMachine, StopsAtOnceWhenCancelled) {
  place(order("pending"));
  const Action action = refuse(Errc::cancelled, 0);
  EXPECT_EQ(pause_of(action), milliseconds(0));
  EXPECT_EQ(reason(action).code, Errc::cancelled);
  EXPECT_EQ(state_.record.faults_in_a_row, 0);
}

// --- replies that make no sense

TEST_F(OrderMachine, GivesUpOnAnAuthorityThatOnlyTalksNonsense) {
  place(order("pending"));
  Action action = last_;
  for (int times = 1; times <= 100; ++times) {
    action = reply("<html>");
    ASSERT_EQ(reason(action).code, Errc::bad_response) << times;
    resume_later();
    reply(order("pending"));
  }
  EXPECT_EQ(failure(reply("<html>")).code, Errc::bad_response);
}

TEST_F(OrderMachine, BoundsTheChallengesOfAnAuthorityThatGivesOthersEachTime) {
  place(order("pending"));
  std::string body = authorization("a", "pending");
  Action action = reply(body);
  int runs = 0;
  while (std::holds_alternative<Present>(action) && runs < 1000) {
    ++runs;
    const std::string number = std::to_string(1000 + runs);
    body.replace(body.find("token-") + 6, 4, number);
    restart();
    reply(order("pending"));
    action = reply(body);
  }
  EXPECT_EQ(runs, 400);
  EXPECT_EQ(failure(cleaned(action)).code, Errc::bad_response);
}

TEST_F(OrderMachine, TakesNoOrderWithoutItsUrls) {
  const auto nonsense = [this](const std::string& body, std::vector<HttpHeader> headers) {
    state_ = OrderState{new_record({"a.example"})};
    start();
    make_key();
    return describe(reason(reply(body, std::move(headers), 201)));
  };
  const HttpHeader location{"location", "/order/1"};
  const std::string prefix = "the authority's reply makes no sense: ";
  EXPECT_EQ(nonsense(order("pending"), {}),
            "new order for a.example: " + prefix + "the new order has no usable Location");
  EXPECT_EQ(nonsense(order("pending"), {{"location", "http://evil.example/"}}),
            "new order for a.example: " + prefix + "the new order has no usable Location");
  const std::string placed = "order https://ca.example/order/1: place: " + prefix;
  EXPECT_EQ(nonsense("[]", {location}), placed + "the order is no JSON object");
  EXPECT_EQ(nonsense(R"({"status":"pending"})", {location}),
            placed + "the order is pending without authorizations");
  EXPECT_EQ(nonsense(R"({"status":"ready"})", {location}),
            placed + "the order has no finalize URL");
  EXPECT_EQ(nonsense(R"({"status":"valid"})", {location}),
            placed + "the order is valid without a certificate URL");
}

TEST_F(OrderMachine, EndsTheProgramWhenTheShellMixesUpItsOutcomes) {
  start();
  EXPECT_THROW(step(Elapsed{}), std::logic_error);
  state_ = OrderState{new_record({"a.example"})};
  EXPECT_THROW(resume(state_, Presented{}, now_), std::logic_error);
}

}  // namespace
}  // namespace acme
