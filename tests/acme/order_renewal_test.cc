#include "tests/acme/order_machine_fixture.h"

namespace acme {
namespace {

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

}  // namespace
}  // namespace acme
