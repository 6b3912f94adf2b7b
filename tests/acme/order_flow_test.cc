// Whole orders over acme::Client against an honest authority, with everything that can go wrong
// going wrong at every step.

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "acme/renewal_info.h"
#include "tests/fakes/order_driver.h"

namespace acme {
namespace {

using fakes::FakeAcmeServer;
using fakes::OrderDriver;
using Fate = FakeAcmeServer::Fate;
using Arrival = FakeAcmeServer::Arrival;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Requests of one order with a cold client: directory, newNonce, newAccount, newOrder, authz,
/// challenge, order, finalize, order, order, certificate.
constexpr int requests_of_an_order = 11;
/// Key, order URL, challenge, response sent, acknowledged, finalize, chain, cleaned up.
constexpr int saves_of_an_order = 8;

void expect_issued(const OrderDriver& driver, const OrderDriver::Order& order) {
  ASSERT_TRUE(order.certificate) << (order.error ? describe(*order.error) : "not over");
  EXPECT_EQ(driver.server.finalized, 1);
  EXPECT_EQ(driver.server.issued, 1);
  EXPECT_EQ(driver.server.second_responses, 0);
  EXPECT_TRUE(driver.server.answers.empty()) << "all answers are withdrawn";
  EXPECT_TRUE(order.stored.challenges.empty());
  EXPECT_TRUE(verify_chain(order.stored.certificate_chain_pem,
                           PrivateKey::parse_pem(order.stored.private_key_pem).value(),
                           order.stored.identifiers,
                           driver.clock.wall()));
}

TEST(OrderFlow, IssuesACertificateInUnderASecond) {
  OrderDriver driver;
  const base::WallTime began = driver.clock.wall();
  const OrderDriver::Order& order = driver.run_one();
  expect_issued(driver, order);
  EXPECT_EQ(order.certificate->names, std::vector<std::string>{"a.example"});
  EXPECT_EQ(driver.server.order_count(), 1U);
  EXPECT_LT(driver.clock.wall() - began, milliseconds(1300));
  EXPECT_EQ(driver.saves, saves_of_an_order);
}

TEST(OrderFlow, CostsSevenRequestsWarmAndFourWithAReusedAuthorization) {
  OrderDriver driver;
  driver.server.polls_until_issued = 0;
  driver.server.reuses_authorizations = true;
  const auto count = [&driver] {
    int sum = 0;
    for (const auto& [resource, number] : driver.server.requests) sum += number;
    return sum;
  };
  driver.run_one();
  const int cold = count();
  EXPECT_EQ(cold, 3 + 7);
  driver.run_one({"b.example"});
  EXPECT_EQ(count() - cold, 7);
  driver.run_one({"b.example"});
  EXPECT_EQ(count() - cold, 7 + 4);
}

TEST(OrderFlow, IssuesForSeveralNames) {
  OrderDriver driver;
  const OrderDriver::Order& order = driver.run_one({"a.example", "b.example", "c.example"});
  expect_issued(driver, order);
  EXPECT_EQ(order.certificate->names,
            (std::vector<std::string>{"a.example", "b.example", "c.example"}));
  EXPECT_EQ(driver.server.validations, 3);
}

TEST(OrderFlow, RunsManyOrdersAtOnceOverOneClient) {
  OrderDriver driver;
  for (int i = 0; i < 50; ++i) driver.add({"n" + std::to_string(i) + ".example"});
  driver.run();
  for (const OrderDriver::Order& order : driver.orders) EXPECT_TRUE(order.certificate);
  EXPECT_EQ(driver.server.issued, 50);
  EXPECT_EQ(driver.server.order_count(), 50U);
  EXPECT_EQ(driver.server.account_count(), 1U);
  EXPECT_TRUE(driver.server.answers.empty());
}

TEST(OrderFlow, SurvivesHalfOfAllNoncesBeingRefused) {
  OrderDriver driver;
  std::mt19937 coin(7);
  driver.server.fate = [&](const Arrival&) {
    driver.server.bad_nonces = coin() % 2 == 0 ? 1 : 0;
    return Fate::serve;
  };
  for (int i = 0; i < 20; ++i) driver.add({"n" + std::to_string(i) + ".example"});
  driver.run();
  EXPECT_EQ(driver.server.issued, 20);
  EXPECT_EQ(driver.server.finalized, 20);
}

TEST(OrderFlow, WaitsForASlowAuthority) {
  OrderDriver driver;
  driver.server.polls_until_validated = 6;
  driver.server.polls_until_issued = 6;
  expect_issued(driver, driver.run_one());
}

// --- every request lost

class EveryRequest : public testing::TestWithParam<int> {};

TEST_P(EveryRequest, MayBeLostOnItsWayToTheAuthority) {
  OrderDriver driver;
  driver.server.fate = [](const Arrival& arrival) {
    return arrival.number == GetParam() ? Fate::lose_request : Fate::serve;
  };
  const OrderDriver::Order& order = driver.run_one();
  expect_issued(driver, order);
  EXPECT_EQ(driver.server.order_count(), 1U);
  EXPECT_EQ(order.suspensions.size(), 1U);
}

TEST_P(EveryRequest, MayHaveItsReplyLost) {
  OrderDriver driver;
  std::string lost;
  driver.server.fate = [&lost](const Arrival& arrival) {
    if (arrival.number != GetParam()) return Fate::serve;
    lost = arrival.resource;
    return Fate::lose_reply;
  };
  expect_issued(driver, driver.run_one());
  // Ours has no memory for equal orders, which Boulder has: it is the one request that is repeated.
  EXPECT_EQ(driver.server.order_count(), lost == "newOrder" ? 2U : 1U) << lost;
  EXPECT_EQ(driver.server.account_count(), 1U);
  EXPECT_EQ(driver.server.validations, 1);
}

struct Reply {
  std::string name;
  HttpResponse response;
};

std::vector<Reply> faults() {
  const HttpHeader html{"content-type", "text/html"};
  const auto problem = [](const std::string& type) {
    return R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"scripted"})";
  };
  return {{"500", {500, {{"retry-after", "60"}}, problem("serverInternal")}},
          {"503 in HTML", {503, {html}, "<html>maintenance</html>"}},
          {"502 and nothing", {502, {}, ""}},
          {"429", {429, {{"retry-after", "36"}}, problem("rateLimited")}},
          {"302", {302, {{"location", "https://portal.example/"}}, ""}},
          {"badNonce", {400, {}, problem("badNonce")}},
          {"200 in HTML", {200, {html}, "<html>captive portal</html>"}},
          {"200 and nothing", {200, {}, ""}},
          {"200 and another object", {200, {}, R"({"status":"odd","token":7})"}},
          {"200 and a bomb", {200, {}, std::string(100000, '[')}}};
}

TEST_P(EveryRequest, MayMeetAnAuthorityInTrouble) {
  for (const Reply& fault : faults()) {
    OrderDriver driver;
    driver.server.instead = [&fault](const Arrival& arrival) -> std::optional<HttpResponse> {
      if (arrival.number != GetParam()) return std::nullopt;
      return fault.response;
    };
    const OrderDriver::Order& order = driver.run_one();
    ASSERT_TRUE(order.certificate)
        << fault.name << ": " << (order.error ? describe(*order.error) : "not over");
    expect_issued(driver, order);
    EXPECT_EQ(driver.server.order_count(), 1U) << fault.name;
  }
}

/// What must come of a refusal depends on the step; but an end there is, and no answer stays up.
TEST_P(EveryRequest, MayBeRefused) {
  for (const std::string type : {"accountDoesNotExist",
                                 "agreementRequired",
                                 "alreadyReplaced",
                                 "alreadyRevoked",
                                 "badCSR",
                                 "badPublicKey",
                                 "badRevocationReason",
                                 "badSignatureAlgorithm",
                                 "caa",
                                 "compound",
                                 "conflict",
                                 "connection",
                                 "dns",
                                 "externalAccountRequired",
                                 "incorrectResponse",
                                 "invalidContact",
                                 "invalidProfile",
                                 "malformed",
                                 "orderNotReady",
                                 "rejectedIdentifier",
                                 "tls",
                                 "unauthorized",
                                 "unsupportedContact",
                                 "unsupportedIdentifier",
                                 "userActionRequired",
                                 "aNewOne"}) {
    for (const int status : {400, 403, 404, 409}) {
      OrderDriver driver;
      driver.server.instead = [&](const Arrival& arrival) -> std::optional<HttpResponse> {
        if (arrival.number != GetParam()) return std::nullopt;
        return HttpResponse{status, {}, R"({"type":"urn:ietf:params:acme:error:)" + type + "\"}"};
      };
      const OrderDriver::Order& order = driver.run_one();
      ASSERT_TRUE(order.is_over()) << type << " " << status;
      EXPECT_TRUE(driver.server.answers.empty()) << type << " " << status;
      EXPECT_LE(driver.server.order_count(), 2U) << type << " " << status;
      EXPECT_LE(driver.server.issued, 2) << type << " " << status;
      if (order.error) {
        EXPECT_FALSE(order.error->context.empty());
      }
    }
  }
}

// --- killed

TEST_P(EveryRequest, MayBeTheLastBeforeAKill) {
  for (const Fate fate : {Fate::lose_request, Fate::serve}) {
    OrderDriver driver;
    driver.server.fate = [&driver, fate](const Arrival& arrival) {
      if (arrival.number != GetParam()) return Fate::serve;
      driver.is_dead = true;
      return fate;
    };
    driver.run_one();
    ASSERT_TRUE(driver.is_dead);
    driver.bury();
    const bool repeats = driver.server.order_count() == 1 && !driver.orders[0].stored.order_url;
    driver.restart();
    expect_issued(driver, driver.orders[0]);
    EXPECT_EQ(driver.server.order_count(), repeats ? 2U : 1U);
    EXPECT_EQ(driver.server.account_count(), 1U);
    EXPECT_EQ(driver.server.validations, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(OrderFlow, EveryRequest, testing::Range(1, requests_of_an_order + 1));

class EverySave : public testing::TestWithParam<int> {};

TEST_P(EverySave, MayBeTheLastBeforeAKill) {
  OrderDriver driver;
  driver.on_saved = [&driver](int number) { driver.is_dead = number == GetParam(); };
  driver.run_one();
  ASSERT_TRUE(driver.is_dead);
  const std::string key = driver.orders[0].stored.private_key_pem;
  driver.restart();
  expect_issued(driver, driver.orders[0]);
  EXPECT_EQ(driver.orders[0].stored.private_key_pem, key);
  EXPECT_EQ(driver.server.order_count(), 1U);
  EXPECT_EQ(driver.server.validations, 1);
  EXPECT_EQ(driver.server.requests["challenge"], 1);
}

TEST_P(EverySave, MayBeFollowedByAnAuthorityThatForgotEverything) {
  OrderDriver driver;
  driver.on_saved = [&driver](int number) { driver.is_dead = number == GetParam(); };
  driver.run_one();
  driver.server.forget_everything();
  driver.restart();
  ASSERT_TRUE(driver.orders[0].certificate)
      << (driver.orders[0].error ? describe(*driver.orders[0].error) : "not over");
  EXPECT_TRUE(driver.server.answers.empty());
}

TEST_P(EverySave, MayBeFollowedByTheOrdersExpiry) {
  OrderDriver driver;
  driver.on_saved = [&driver](int number) { driver.is_dead = number == GetParam(); };
  driver.run_one();
  driver.server.expire_orders();
  driver.restart();
  ASSERT_TRUE(driver.orders[0].certificate)
      << (driver.orders[0].error ? describe(*driver.orders[0].error) : "not over");
  EXPECT_TRUE(driver.server.answers.empty());
}

TEST_P(EverySave, LosesNoAnswerWhenTheNameFails) {
  OrderDriver driver;
  driver.publishes = false;
  driver.on_saved = [&driver](int number) { driver.is_dead = number == GetParam(); };
  driver.run_one();
  driver.restart();
  ASSERT_TRUE(driver.orders[0].error);
  EXPECT_EQ(driver.orders[0].error->code, Errc::unauthorized);
  EXPECT_EQ(driver.orders[0].error->origin, Origin::challenge);
  EXPECT_TRUE(driver.orders[0].stored.challenges.empty());
  EXPECT_EQ(driver.server.order_count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(OrderFlow, EverySave, testing::Range(1, saves_of_an_order + 1));

// --- renewals that replace

/// A renewal of a certificate that the authority has issued, refused in one way or none.
class Renewal {
 public:
  Renewal() {
    driver.run_one();
    const auto chain = parse_chain(driver.orders[0].stored.certificate_chain_pem).value();
    replaces_ = cert_id(chain.front());
    driver.saves = 0;
    driver.server.requests.clear();
    driver.server.finalized = driver.server.issued = 0;
    driver.server.validations = 0;
    driver.orders[driver.add({"a.example"})].stored.replaces = replaces_;
  }

  OrderDriver::Order& order() { return driver.orders[1]; }
  bool is_replaced() const {
    return driver.server.certificates().at(replaces_->value()).is_replaced;
  }
  bool last_placed_replaces() const { return driver.server.placed().back().contains("replaces"); }

  OrderDriver driver;

 private:
  std::optional<CertId> replaces_;
};

std::vector<Reply> replaces_refusals() {
  const auto problem = [](const std::string& type) {
    return R"({"type":"urn:ietf:params:acme:error:)" + type + "\"}";
  };
  return {{"alreadyReplaced", {409, {}, problem("alreadyReplaced")}},
          {"unknown certificate", {404, {}, problem("malformed")}},
          {"wrong issuer", {400, {}, problem("malformed")}},
          {"old Boulder", {409, {}, problem("malformed")}},
          {"race", {409, {}, problem("conflict")}},
          {"other account", {403, {}, problem("unauthorized")}},
          {"no document", {404, {}, ""}}};
}

TEST(OrderFlow, ReplacesTheCertificateItRenews) {
  Renewal renewal;
  renewal.driver.run();
  expect_issued(renewal.driver, renewal.order());
  EXPECT_TRUE(renewal.is_replaced());
  EXPECT_FALSE(renewal.order().stored.is_replaces_refused);
}

TEST(OrderFlow, RenewsAtOnceWhenReplacesIsRefusedInAnyWay) {
  for (const Reply& refusal : replaces_refusals()) {
    Renewal renewal;
    renewal.driver.server.replaces_refusal = refusal.response;
    const base::WallTime began = renewal.driver.clock.wall();
    renewal.driver.run();
    expect_issued(renewal.driver, renewal.order());
    EXPECT_TRUE(renewal.order().suspensions.empty()) << refusal.name;
    EXPECT_LT(renewal.driver.clock.wall() - began, milliseconds(1300)) << refusal.name;
    EXPECT_EQ(renewal.driver.server.requests["newOrder"], 2) << refusal.name;
    EXPECT_FALSE(renewal.last_placed_replaces()) << refusal.name;
  }
}

/// One save more than any order: that `replaces` was refused.
class EverySaveOfARenewal : public testing::TestWithParam<int> {};

TEST_P(EverySaveOfARenewal, MayBeTheLastBeforeAKill) {
  for (const Reply& refusal : replaces_refusals()) {
    Renewal renewal;
    renewal.driver.server.replaces_refusal = refusal.response;
    renewal.driver.on_saved = [&renewal](int number) {
      if (number == GetParam()) renewal.driver.is_dead = true;
    };
    renewal.driver.run();
    ASSERT_TRUE(renewal.driver.is_dead) << refusal.name;
    renewal.driver.restart();
    expect_issued(renewal.driver, renewal.order());
    EXPECT_EQ(renewal.driver.server.requests["newOrder"], 2) << "refused once, " << refusal.name;
    EXPECT_EQ(renewal.driver.server.placed().size(), 2U) << refusal.name;
  }
}

INSTANTIATE_TEST_SUITE_P(OrderFlow, EverySaveOfARenewal, testing::Range(1, saves_of_an_order + 2));

// --- all of it at once

/// Of the first 150 requests and saves a third meet trouble of some kind; the seed decides.
class RandomTrouble : public testing::TestWithParam<unsigned> {
 protected:
  bool happens(int one_in) { return driver_.saves + arrivals_ < 150 && dice_() % one_in == 0; }

  Fate fate_of(const Arrival& arrival) {
    ++arrivals_;
    if (happens(12)) driver_.server.bad_nonces = 1;
    if (happens(12)) driver_.is_dead = true;
    if (happens(12)) return Fate::lose_request;
    if (arrival.resource == "newOrder") note_placing(arrival);
    return happens(12) ? Fate::lose_reply : Fate::serve;
  }

  /// An order whose URL is stored is never placed again.
  void note_placing(const Arrival& arrival) {
    const std::string payload = fakes::parse_jws(arrival.request.body)->payload;
    for (const OrderDriver::Order& order : driver_.orders) {
      const std::string name = order.stored.identifiers.front().value();
      if (payload.find('"' + name + '"') == std::string::npos) continue;
      if (order.stored.order_url) ++placed_twice_;
    }
  }

  std::optional<HttpResponse> instead_of(const Arrival&) {
    if (!happens(12)) return std::nullopt;
    return replies_[dice_() % replies_.size()].response;
  }

  std::mt19937 dice_{GetParam()};
  const std::vector<Reply> replies_ = faults();
  OrderDriver driver_;
  int arrivals_ = 0;
  int placed_twice_ = 0;
};

TEST_P(RandomTrouble, EndsInExactlyOneCertificateForEachName) {
  driver_.server.fate = [this](const Arrival& arrival) { return fate_of(arrival); };
  driver_.server.instead = [this](const Arrival& arrival) { return instead_of(arrival); };
  driver_.on_saved = [this](int) { driver_.is_dead = driver_.is_dead || happens(12); };
  for (int i = 0; i < 3; ++i) driver_.add({"n" + std::to_string(i) + ".example"});
  driver_.run();
  while (driver_.is_dead) driver_.restart();
  for (const OrderDriver::Order& order : driver_.orders) {
    EXPECT_TRUE(order.certificate) << (order.error ? describe(*order.error) : "not over");
  }
  EXPECT_EQ(driver_.server.finalized, 3);
  EXPECT_EQ(driver_.server.issued, 3);
  EXPECT_EQ(placed_twice_, 0);
  EXPECT_EQ(driver_.server.account_count(), 1U);
  EXPECT_TRUE(driver_.server.answers.empty());
}

INSTANTIATE_TEST_SUITE_P(OrderFlow, RandomTrouble, testing::Range(0U, 60U));

// --- refusals by name

TEST(OrderFlow, NamesTheOneNameThatFailed) {
  OrderDriver driver;
  driver.server.tamper = [&driver](const Arrival& arrival, HttpResponse&) {
    if (arrival.resource == "challenge")
      driver.server.answers.erase("token-of-authorization-1-of-the-fake-server");
  };
  const OrderDriver::Order& order = driver.run_one({"a.example", "b.example", "c.example"});
  ASSERT_TRUE(order.error);
  EXPECT_EQ(order.error->code, Errc::unauthorized);
  ASSERT_EQ(order.error->subproblems.size(), 1U);
  EXPECT_EQ(order.error->subproblems[0].identifier->value(), "b.example");
  EXPECT_EQ(
      describe(*order.error),
      "order https://ca.example/v1/order/0: unauthorized [b.example: the answer at the name is "
      "wrong]");
  EXPECT_TRUE(driver.server.answers.empty());
}

TEST(OrderFlow, FailsAWildcardThatHttp01CannotProve) {
  OrderDriver driver;
  const OrderDriver::Order& order = driver.run_one({"*.a.example"});
  ASSERT_TRUE(order.error);
  EXPECT_EQ(order.error->code, Errc::no_usable_challenge);
  EXPECT_EQ(order.error->subproblems.at(0).identifier->value(), "*.a.example");
}

}  // namespace
}  // namespace acme
