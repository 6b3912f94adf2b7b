#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using fakes::FakeAcmeServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Two authorities, `first` before `second`.
class FailOverTest : public IssuerTest {
 protected:
  FailOverTest() { second_.host = "second.example"; }

  IssuerLife& live_at_both(std::size_t orders_in_flight = 8) {
    return live_at({{"first", *server_, wish_}, {"second", second_, wish_}}, orders_in_flight);
  }
  void lose_the_first() {
    server_->fate = [](const FakeAcmeServer::Arrival&) {
      return FakeAcmeServer::Fate::lose_request;
    };
  }
  void limit_the_first(const std::string& retry_after) {
    server_->instead = [retry_after](const FakeAcmeServer::Arrival& arrival) {
      std::optional<acme::HttpResponse> refusal;
      if (arrival.resource == "newOrder") {
        refusal = {429,
                   {{"content-type", "application/problem+json"}, {"retry-after", retry_after}},
                   R"({"type":"urn:ietf:params:acme:error:rateLimited",)"
                   R"("detail":"too many new orders (300) from this account"})"};
      }
      return refusal;
    };
  }
  std::string authority_of(const std::string& name) {
    return detail(name).certificate.value().authority;
  }

  FakeAcmeServer second_{clock_};
};

TEST_F(FailOverTest, OrdersAtTheFirstAndLeavesTheOtherInPeace) {
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(authority_of("a.example"), "first");
  EXPECT_EQ(second_.account_count(), 0U) << "an account is made when it is first needed";
}

TEST_F(FailOverTest, OrdersAtTheNextWhileTheFirstIsLimitedForLong) {
  live_at_both().start();
  limit_the_first("36000");
  clock_.stand_still();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  add("b.example");
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(authority_of("a.example"), "second") << "which had been placed nowhere yet";
  EXPECT_EQ(authority_of("b.example"), "second");
  EXPECT_THAT(life_->heard.failed, IsEmpty());
  const Issuer::Status status = life_->issuer.status();
  EXPECT_EQ(status.trouble, "") << "orders are placed";
  EXPECT_THAT(status.authorities.at(0).trouble, HasSubstr("too many new orders"));
  EXPECT_EQ(status.authorities.at(0).breaker, CircuitBreaker::State::closed) << "it is well";
  EXPECT_EQ(status.authorities.at(0).suspended, 0U);
  EXPECT_EQ(status.authorities.at(1).trouble, "");
  EXPECT_EQ(detail("b.example").hostname.failures, 0U);
}

TEST_F(FailOverTest, WaitsForTheFirstWhileItIsLimitedForAMoment) {
  live_at_both().start();
  limit_the_first("100");
  clock_.stand_still();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().suspended == 1; }));
  server_->instead = [](const FakeAcmeServer::Arrival&) { return std::nullopt; };
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(authority_of("a.example"), "first");
}

TEST_F(FailOverTest, GoesOnWithEachOpenOrderAtItsOwnAuthority) {
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->requests["challenge"] == 1; }));
  server_->instead = [](const FakeAcmeServer::Arrival&) { return std::nullopt; };
  live_at({{"second", second_, wish_}, {"first", *server_, wish_}});
  ASSERT_EQ(open_orders(), 1U);
  life_->start();
  add("b.example");
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(authority_of("a.example"), "first") << "though it is now the second";
  EXPECT_EQ(authority_of("b.example"), "second");
  EXPECT_EQ(server_->order_count(), 1U);
  EXPECT_EQ(second_.order_count(), 1U);
}

TEST_F(FailOverTest, OpensTheBreakerOfAnAuthorityThatIsAwayAndGoesToTheNext) {
  live_at_both().start();
  lose_the_first();
  for (int i = 0; i < 4; ++i) add("h" + std::to_string(i) + ".example");
  ASSERT_TRUE(run_until_issued(4));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(authority_of("h" + std::to_string(i) + ".example"), "second");
  EXPECT_NE(life_->issuer.status().authorities.at(0).breaker, CircuitBreaker::State::closed);
  EXPECT_THAT(life_->issuer.status().authorities.at(0).trouble, HasSubstr("the connection broke"));
  EXPECT_THAT(life_->heard.failed, IsEmpty());
}

TEST_F(FailOverTest, GoesBackToTheFirstOnceAProbeSucceeds) {
  live_at_both(1).start();
  lose_the_first();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  server_->fate = [](const FakeAcmeServer::Arrival&) { return FakeAcmeServer::Fate::serve; };
  for (int i = 0; authority_of(life_->heard.issued.back().names.at(0).text()) != "first"; ++i) {
    ASSERT_LT(i, 100);
    clock_.advance(1min);
    add("h" + std::to_string(i) + ".example");
    ASSERT_TRUE(run_until_issued(life_->heard.issued.size() + 1));
  }
  EXPECT_EQ(life_->issuer.status().authorities.at(0).breaker, CircuitBreaker::State::closed);
}

TEST_F(FailOverTest, OrdersElsewhereWhatTheFirstRefusesAndRemembersIt) {
  server_->instead = [](const FakeAcmeServer::Arrival& arrival) {
    std::optional<acme::HttpResponse> refusal;
    if (arrival.resource == "newOrder") {
      refusal = {400,
                 {{"content-type", "application/problem+json"}},
                 R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"policy"})"};
    }
    return refusal;
  };
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(authority_of("a.example"), "second");
  EXPECT_THAT(life_->heard.failed, ElementsAre(acme::Errc::rejected_identifier));
  EXPECT_EQ(life_->issuer.status().authorities.at(0).trouble, "") << "others may go there";
  EXPECT_EQ(detail("a.example").hostname.failures, 0U) << "forgotten with the certificate";
}

TEST_F(FailOverTest, ParksAHostnameThatEveryAuthorityRefuses) {
  for (FakeAcmeServer* server : {&*server_, &second_}) {
    server->instead = [](const FakeAcmeServer::Arrival& arrival) {
      std::optional<acme::HttpResponse> refusal;
      if (arrival.resource == "newOrder") {
        refusal = {400,
                   {{"content-type", "application/problem+json"}},
                   R"({"type":"urn:ietf:params:acme:error:unsupportedIdentifier"})"};
      }
      return refusal;
    };
  }
  live_at_both().start();
  clock_.stand_still();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->heard.failed.size() == 2; }));
  life_->run_a_moment();
  life_->run_a_moment();
  EXPECT_THAT(life_->heard.failed, SizeIs(2)) << "each was asked once";
  EXPECT_GE(*detail("a.example").hostname.next_attempt, clock_.wall() + 23h);
}

TEST_F(FailOverTest, GoesElsewhereWhenTheFirstDoesNotOfferTheProfile) {
  server_->profiles = {{"classic", ""}};
  wish_.profile = "shortlived";
  second_.profiles = {{"shortlived", ""}};
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(authority_of("a.example"), "second");
}

TEST_F(FailOverTest, AnAccountThatDoesNotOpenHoldsNobodyElseUp) {
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  live_at_both();
  life_->ask([this](Store& store) {
    Account account = store.account("first", "https://ca.example/dir").value().value();
    account.key_pem = "no key";
    return store.put_account(account, clock_.wall()).has_value();
  });
  life_->start();
  add("b.example");
  ASSERT_TRUE(life_->run_until([this] {
    life_->issuer.wake();  // real time stands still beside this clock
    return detail("b.example").certificate.has_value();
  }));
  EXPECT_EQ(authority_of("b.example"), "second");
  EXPECT_NE(life_->issuer.status().authorities.at(0).trouble, "");
}

TEST_F(FailOverTest, AsksEachAuthorityAboutItsOwnCertificates) {
  server_->offers_renewal_info = second_.offers_renewal_info = true;
  live_at({{"second", second_, wish_}}).start();
  add("b.example");
  ASSERT_TRUE(run_until_issued(1));
  live_at_both().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  clock_.advance(24h);
  life_->issuer.wake();
  ASSERT_TRUE(life_->run_until([this] {
    return server_->requests["renewalInfo"] > 0 && second_.requests["renewalInfo"] > 0;
  }));
}

}  // namespace
}  // namespace agent
