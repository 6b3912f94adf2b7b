#include "agent/issuer/renewal_poller.h"

#include <algorithm>
#include <set>

#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using fakes::FakeAcmeServer;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;

/// The poller as it runs beside the issuer's orders.
class RenewalPollerTest : public IssuerTest {
 protected:
  RenewalPollerTest() { server_->offers_renewal_info = true; }

  bool run_until_checked(std::size_t count) {
    return life_->run_until([this, count] { return life_->heard.checked.size() >= count; });
  }
  /// Until the store knows what the last check has brought.
  bool run_until_stored() {
    return life_->run_until([this] {
      const auto next =
          life_->ask([](Store& store) { return store.next_renewal_check("ca"); }).value();
      return next && *next > clock_.wall() + 1min;
    });
  }
  void issue(const std::string& name) {
    const std::size_t before = life_->heard.issued.size();
    add(name);
    ASSERT_TRUE(run_until_issued(before + 1));
  }
  /// An incident: all windows are in the past.
  void revoke_everything() {
    const base::WallTime now = clock_.wall();
    server_->renewal_info = {now - 1h, now - 30min, "https://ca.example/incident"};
  }
  Certificate certificate() { return certificates().at(0); }
};

TEST_F(RenewalPollerTest, LooksRightAfterIssuanceAndMovesTheRenewal) {
  live().start();
  issue("a.example");
  const Certificate fresh = life_->heard.issued.at(0);
  ASSERT_TRUE(run_until_checked(1));
  ASSERT_TRUE(run_until_stored());
  const Certificate advised = certificate();
  ASSERT_TRUE(advised.advice);
  EXPECT_EQ(advised.advice->window_end - advised.advice->window_start, 21h);
  EXPECT_LE(advised.advice->window_start, advised.advice->instant);
  EXPECT_LE(advised.advice->instant, advised.advice->window_end);
  EXPECT_EQ(advised.renew_at, advised.advice->instant);
  EXPECT_NE(advised.renew_at, fresh.renew_at);
  EXPECT_EQ(detail("a.example").hostname.next_attempt, advised.renew_at);
  EXPECT_GE(*advised.next_check, clock_.wall() + 5h);
  EXPECT_LE(*advised.next_check, clock_.wall() + 6h * 11 / 10);
}

TEST_F(RenewalPollerTest, KeepsTheMomentOverARestartAndMoreChecks) {
  live().start();
  issue("a.example");
  ASSERT_TRUE(run_until_stored());
  const Certificate advised = certificate();
  live().start();
  clock_.advance(7h);
  ASSERT_TRUE(run_until_checked(1));
  ASSERT_TRUE(run_until_stored());
  EXPECT_EQ(certificate().advice, advised.advice);
  EXPECT_EQ(certificate().renew_at, advised.renew_at);
}

TEST_F(RenewalPollerTest, RenewsAtTheChosenMoment) {
  live().start();
  issue("a.example");
  ASSERT_TRUE(run_until_stored());
  const Certificate advised = certificate();
  clock_.advance(advised.renew_at - clock_.wall());
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(server_->placed().at(1).value("replaces", ""), advised.cert_id);
}

TEST_F(RenewalPollerTest, RenewsAtOnceWhatTheAuthorityIsAboutToRevoke) {
  live().start();
  issue("a.example");
  issue("b.example");
  ASSERT_TRUE(run_until_stored());
  clock_.advance(24h);
  revoke_everything();
  ASSERT_TRUE(run_until_issued(4));
  std::set<std::string> renewed;
  for (const Certificate& issued : life_->heard.issued) renewed.insert(issued.names[0].text());
  EXPECT_EQ(renewed.size(), 2U);
  const auto events =
      life_->ask([](Store& store) { return store.events({.subject = "a.example"}).value(); });
  EXPECT_THAT(events, Contains(testing::Field(&Event::kind, EventKind::renewal_moved)));
}

TEST_F(RenewalPollerTest, DoesNotOrderWithoutEndWhenEveryWindowIsInThePast) {
  revoke_everything();
  live().start();
  issue("a.example");
  ASSERT_TRUE(run_until_checked(1));
  ASSERT_TRUE(run_until_stored());
  EXPECT_GT(certificate().renew_at, clock_.wall());
  EXPECT_EQ(life_->heard.issued.size(), 1U);
}

TEST_F(RenewalPollerTest, KeepsWhatIsKnownWhenTheAuthorityFails) {
  live().start();
  issue("a.example");
  ASSERT_TRUE(run_until_stored());
  const Certificate advised = certificate();
  server_->instead =
      [](const FakeAcmeServer::Arrival& arrival) -> std::optional<acme::HttpResponse> {
    if (arrival.resource != "renewalInfo") return std::nullopt;
    return acme::HttpResponse{500, {}, ""};
  };
  clock_.advance(7h);
  ASSERT_TRUE(run_until_checked(3));
  EXPECT_THAT(life_->heard.checked, Contains(acme::Errc::server_internal));
  ASSERT_TRUE(life_->run_until([this] { return certificate().failed_checks >= 2; }));
  EXPECT_EQ(certificate().advice, advised.advice);
  EXPECT_EQ(certificate().renew_at, advised.renew_at);
}

TEST_F(RenewalPollerTest, NeverHoldsUpIssuance) {
  server_->fate = [](const FakeAcmeServer::Arrival& arrival) {
    const bool is_lost = arrival.resource == "renewalInfo";
    return is_lost ? FakeAcmeServer::Fate::lose_reply : FakeAcmeServer::Fate::serve;
  };
  live().start();
  for (int i = 0; i < 5; ++i) add("h" + std::to_string(i) + ".example");
  ASSERT_TRUE(run_until_issued(5));
  EXPECT_THAT(life_->heard.failed, IsEmpty());
  EXPECT_EQ(life_->issuer.status().trouble, "");
  ASSERT_TRUE(run_until_checked(1));
  EXPECT_THAT(life_->heard.checked, Each(acme::Errc::connection_failed));
  EXPECT_EQ(certificate().advice, std::nullopt) << "2/3 of the lifetime, then";
}

TEST_F(RenewalPollerTest, AsksNothingOfAnAuthorityWithoutRenewalInfo) {
  server_->offers_renewal_info = false;
  live().start();
  issue("a.example");
  life_->run_a_moment();
  EXPECT_THAT(life_->heard.checked, IsEmpty());
  EXPECT_EQ(server_->requests["directory"], 1);
  EXPECT_EQ(server_->requests.count("renewalInfo"), 0U);
}

TEST_F(RenewalPollerTest, AsksNothingAboutAnotherAuthoritysCertificates) {
  live().start();
  issue("a.example");
  ASSERT_TRUE(run_until_stored());
  clock_.advance(7h);
  server_->requests.clear();
  live("another").start();
  add("b.example");
  ASSERT_TRUE(run_until_checked(1));
  EXPECT_EQ(server_->requests["renewalInfo"], 1) << "its own";
}

TEST_F(RenewalPollerTest, AsksAboutAtMostSixteenAtOnceAndAllInTheEnd) {
  server_->offers_renewal_info = false;
  live("ca", 32).start();
  for (int i = 0; i < 40; ++i) add("h" + std::to_string(i) + ".example");
  ASSERT_TRUE(run_until_issued(40));
  server_->offers_renewal_info = true;
  clock_.advance(25h);  // the directory is fetched anew
  issue("late.example");
  ASSERT_TRUE(run_until_checked(41));
  ASSERT_TRUE(run_until_stored());
  EXPECT_EQ(life_->wire.most_checks, 16);
  const std::vector<Certificate> all = certificates();
  EXPECT_EQ(all.size(), 41U);
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const Certificate& c) { return c.advice; }));
}

TEST_F(RenewalPollerTest, GoesOnAfterTheStoreRefusedWhatItFound) {
  std::atomic<bool> refuses = true;
  IssuerLife& life = live();
  life.fate = [&refuses](std::string_view call) {
    const bool is_refused = call == "save_renewal_checks" && refuses;
    return is_refused ? fakes::FaultyStore::Fate::refuse : fakes::FaultyStore::Fate::serve;
  };
  life.start();
  issue("a.example");
  ASSERT_TRUE(run_until_checked(1));
  EXPECT_EQ(certificate().advice, std::nullopt);
  refuses = false;
  ASSERT_TRUE(run_until_stored());
  EXPECT_TRUE(certificate().advice);
}

}  // namespace
}  // namespace agent
