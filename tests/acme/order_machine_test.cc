#include "acme/order_machine.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "acme/order_schedule.h"
#include "acme/problem.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_ca.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string origin = "https://ca.example";
const std::string token_a = "token-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string token_b = "token-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

Identifier identifier(const std::string& name) {
  return Identifier(base::DomainName::parse(name).value());
}

/// Plays the shell and the authority by hand, one outcome at a time.
class OrderMachine : public testing::Test {
 protected:
  OrderMachine() { state_.record = new_record({"a.example"}); }

  static OrderRecord new_record(const std::vector<std::string>& names) {
    OrderRecord record;
    for (const std::string& name : names) record.identifiers.push_back(identifier(name));
    record.thumbprint = Thumbprint(std::string(fakes::example_thumbprint));
    return record;
  }

  // --- what happens

  Action step(const Outcome& outcome) {
    if (const Post* post = std::get_if<Post>(&last_)) last_url_ = url_of(*post);
    last_ = resume(state_, outcome, now_);
    return last_;
  }
  Action start() { return step(Started{}); }
  /// A new run with what was stored; answers that were up are up again.
  Action restart() {
    state_ = OrderState{state_.record};
    const Action first = start();
    return std::holds_alternative<Present>(first) ? step(Presented{}) : first;
  }
  Action reply(const std::string& body, std::vector<HttpHeader> headers = {}, int status = 200) {
    return step(
        Response{*Url::parse(url_of(std::get<Post>(last_))), {status, std::move(headers), body}});
  }
  Action refuse(Error error) { return step(std::move(error)); }
  Action refuse(Errc code, int status = 400) {
    return step(Error{.code = code, .context = {}, .detail = "why", .http_status = status});
  }
  Action elapse() {
    now_ = std::get<Wait>(last_).until;
    return step(Elapsed{});
  }
  Action resume_later() {
    now_ = std::get<Suspend>(last_).until;
    return restart();
  }

  // --- what the authority says

  static std::string order(const std::string& status, const std::string& more = "") {
    return R"({"status":")" + status +
           R"(","authorizations":["/authz/a"],"finalize":"/finalize/1")" + more + "}";
  }
  static std::string order_of_two(const std::string& status) {
    return R"({"status":")" + status +
           R"(","authorizations":["/authz/b","/authz/a"],"finalize":"/finalize/1"})";
  }
  static std::string challenge(const std::string& which, const std::string& status) {
    return R"({"type":"http-01","url":"/chal/)" + which + R"(","status":")" + status +
           R"(","token":")" + (which == "a" ? token_a : token_b) + R"("})";
  }
  static std::string authorization(const std::string& which,
                                   const std::string& status,
                                   const std::string& challenge_status = "pending") {
    return R"({"identifier":{"type":"dns","value":")" + which + R"(.example"},"status":")" +
           status + R"(","challenges":[)" + challenge(which, challenge_status) + "]}";
  }
  static std::string refused(const std::string& which, const std::string& type) {
    return R"({"identifier":{"type":"dns","value":")" + which +
           R"(.example"},"status":"invalid","challenges":[{"type":"http-01","url":"/c","status":)"
           R"("invalid","token":")" +
           token_a + R"(","error":{"type":"urn:ietf:params:acme:error:)" + type +
           R"(","detail":"it did not work"}}]})";
  }
  std::string chain() {
    const auto key = PrivateKey::parse_pem(state_.record.private_key_pem).value();
    fakes::LeafWish wish{{}, now_ - minutes(1), now_ + std::chrono::hours(2000)};
    for (const Identifier& name : state_.record.identifiers) wish.names.push_back(name.value());
    return ca_.issue(key.handle().pkey.get(), wish);
  }

  // --- shortcuts along the good path

  Action make_key() {
    return step(KeyGenerated{
        make_certificate_key(state_.record.key_type, state_.record.identifiers).value()});
  }
  Action place(const std::string& body) {
    start();
    make_key();
    return reply(body, {{"location", origin + "/order/1"}}, 201);
  }
  Action respond_to_one() {
    place(order("pending"));
    reply(authorization("a", "pending"));
    return step(Presented{});
  }
  Action validate_one() {
    respond_to_one();
    return reply(challenge("a", "pending"));
  }
  Action reach_ready() {
    validate_one();
    elapse();
    return reply(order("ready"));
  }
  Action reach_download() {
    reach_ready();
    reply(order("processing"));
    elapse();
    return reply(order("valid", R"(,"certificate":"/cert/1")"));
  }

  // --- what is expected

  static std::string url_of(const Post& post) {
    const Url* url = std::get_if<Url>(&post.target);
    return url == nullptr ? origin + "/new-order" : url->text();
  }
  static std::string posted(const Action& action) {
    const Post* post = std::get_if<Post>(&action);
    return post == nullptr ? "no Post" : url_of(*post) + " " + post->payload;
  }
  static Error reason(const Action& action) { return std::get<Suspend>(action).reason; }
  static Error failure(const Action& action) { return std::get<Failed>(action).error; }
  milliseconds wait_of(const Action& action) const { return std::get<Wait>(action).until - now_; }
  milliseconds pause_of(const Action& action) const {
    return std::get<Suspend>(action).until - now_;
  }
  /// CleanUp, then the end.
  Action cleaned(const Action& action) {
    EXPECT_TRUE(std::holds_alternative<CleanUp>(action));
    return step(CleanedUp{});
  }

  base::WallTime now_ = fakes::FakeClock().wall();
  const fakes::TestCa ca_{now_};
  OrderState state_;
  Action last_ = Wait{now_};
  std::string last_url_;
};

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

// --- profile and replaces

class RenewingOrder : public OrderMachine {
 protected:
  RenewingOrder() { state_.record.replaces = CertId("aYhb.f2U"); }

  static bool asks_to_replace(const Action& action) {
    return std::get<Post>(action).payload.find(R"("replaces":"aYhb.f2U")") != std::string::npos;
  }
  Action make_and_place() {
    start();
    return make_key();
  }
};

TEST_F(OrderMachine, AsksForTheProfileAndTellsTheClientWhich) {
  state_.record.profile = "shortlived";
  start();
  const Post post = std::get<Post>(make_key());
  EXPECT_EQ(post.profile, "shortlived");
  EXPECT_NE(post.payload.find(R"("profile":"shortlived")"), std::string::npos);
}

TEST_F(OrderMachine, FailsWhenItsProfileIsNotOffered) {
  state_.record.profile = "shortlived";
  start();
  make_key();
  EXPECT_EQ(failure(refuse(Errc::invalid_profile)).code, Errc::invalid_profile);
}

TEST_F(RenewingOrder, SaysWhatItReplaces) {
  EXPECT_TRUE(asks_to_replace(make_and_place()));
}

struct Refusal {
  Errc code;
  int status;
};

/// The ways in which authorities have been seen to refuse `replaces`.
class ReplacesRefused : public RenewingOrder, public testing::WithParamInterface<Refusal> {};

TEST_P(ReplacesRefused, PlacesTheSameOrderWithoutItAtOnce) {
  Post with = std::get<Post>(make_and_place());
  const std::string key = state_.record.private_key_pem;
  const Action action = refuse(GetParam().code, GetParam().status);
  EXPECT_TRUE(state_.record.is_replaces_refused) << "stored before the order is placed";
  EXPECT_FALSE(asks_to_replace(action));
  with.payload = R"({"identifiers":[{"type":"dns","value":"a.example"}]})";
  EXPECT_EQ(std::get<Post>(action), with);
  EXPECT_EQ(state_.record.private_key_pem, key);
  EXPECT_EQ(state_.record.replaces, CertId("aYhb.f2U")) << "for people who ask";
}

TEST_P(ReplacesRefused, StaysSoAfterARestart) {
  make_and_place();
  refuse(GetParam().code, GetParam().status);
  EXPECT_FALSE(asks_to_replace(restart()));
}

TEST_P(ReplacesRefused, IsTriedWithoutItOnce) {
  make_and_place();
  refuse(GetParam().code, GetParam().status);
  const Action second = refuse(GetParam().code, GetParam().status);
  EXPECT_FALSE(std::holds_alternative<Post>(second)) << "now it is for another reason";
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         ReplacesRefused,
                         testing::Values(Refusal{Errc::already_replaced, 409},
                                         Refusal{Errc::already_replaced, 400},
                                         Refusal{Errc::malformed, 400},
                                         Refusal{Errc::malformed, 404},
                                         Refusal{Errc::malformed, 405},
                                         Refusal{Errc::malformed, 409},
                                         Refusal{Errc::unauthorized, 403},
                                         Refusal{Errc::conflict, 409},
                                         Refusal{Errc::unknown_problem, 400},
                                         Refusal{Errc::unknown_problem, 403},
                                         Refusal{Errc::unknown_problem, 404},
                                         Refusal{Errc::unknown_problem, 409}));

TEST_F(RenewingOrder, KeepsReplacesThroughWhatIsNotItsFault) {
  for (const Refusal refusal : {Refusal{Errc::rate_limited, 429},
                                Refusal{Errc::server_internal, 500},
                                Refusal{Errc::connection_failed, 0},
                                Refusal{Errc::unknown_problem, 302},
                                Refusal{Errc::bad_response, 200}}) {
    make_and_place();
    refuse(refusal.code, refusal.status);
    EXPECT_FALSE(state_.record.is_replaces_refused);
    EXPECT_TRUE(asks_to_replace(resume_later()));
    state_.record = new_record({"a.example"});
    state_.record.replaces = CertId("aYhb.f2U");
  }
}

TEST_F(RenewingOrder, FailsWithoutASecondTryForAReasonOfItsName) {
  make_and_place();
  EXPECT_EQ(failure(refuse(Errc::rejected_identifier)).code, Errc::rejected_identifier);
  EXPECT_FALSE(state_.record.is_replaces_refused);
}

TEST_F(RenewingOrder, TakesALaterRefusalForWhatItIs) {
  place(order("pending"));
  refuse(Errc::unauthorized, 403);
  EXPECT_FALSE(state_.record.is_replaces_refused) << "that was an authorization's";
}

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
