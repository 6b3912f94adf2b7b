#include "agent/issuer/issuer.h"

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "agent/store/order_document.h"
#include "haproxy/bundle_path.h"
#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using fakes::FakeAcmeServer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using StoreFate = fakes::FaultyStore::Fate;

constexpr const char* first_token = "token-of-authorization-0-of-the-fake-server";

acme::HttpResponse too_many(const std::string& retry_after) {
  return {429,
          {{"content-type", "application/problem+json"}, {"retry-after", retry_after}},
          R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many new orders"})"};
}

TEST_F(IssuerTest, TakesADueHostnameToItsCertificate) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  const Certificate certificate = certificates().at(0);
  EXPECT_THAT(life_->heard.issued, ElementsAre(certificate));
  EXPECT_EQ(certificate.names.at(0).text(), "a.example");
  EXPECT_EQ(certificate.state, CertificateState::issued);
  EXPECT_EQ(certificate.bundle_path, haproxy::bundle_path(*base::DomainName::parse("a.example")));
  EXPECT_EQ(detail("a.example").hostname.next_attempt, certificate.renew_at);
  EXPECT_EQ(open_orders(), 0U);
  EXPECT_EQ(server_->requests["newOrder"], 1);
  EXPECT_FALSE(life_->has_token(first_token));
}

TEST_F(IssuerTest, IssuesForManyHostnamesWithFewOrdersAtATime) {
  live("ca", 2).start();
  std::size_t most = 0;
  for (int i = 0; i < 7; ++i) add("h" + std::to_string(i) + ".example");
  ASSERT_TRUE(life_->run_until([this, &most] {
    most = std::max(most, life_->issuer.status().running);
    return life_->heard.issued.size() == 7;
  }));
  EXPECT_EQ(most, 2U);
  EXPECT_EQ(server_->requests["newOrder"], 7);
  EXPECT_EQ(server_->account_count(), 1U);
}

TEST_F(IssuerTest, RenewsWhenRenewalIsAskedFor) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  life_->ask([this](Store& store) {
    const std::vector<base::DomainName> names = {*base::DomainName::parse("a.example")};
    return store.request_renewal(names, clock_.wall()).value().size();
  });
  life_->issuer.wake();
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_THAT(certificates(), SizeIs(1)) << "the older one is replaced";
  EXPECT_FALSE(detail("a.example").hostname.renewal_requested);
}

class IssuerRenewal : public IssuerTest {
 protected:
  IssuerRenewal() { server_->offers_renewal_info = true; }

  void renew() {
    life_->ask([this](Store& store) {
      const std::vector<base::DomainName> names = {*base::DomainName::parse("a.example")};
      return store.request_renewal(names, clock_.wall()).value().size();
    });
    life_->issuer.wake();
  }
};

TEST_F(IssuerRenewal, SaysWhatItReplaces) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  const Certificate first = certificates().at(0);
  EXPECT_FALSE(server_->placed().at(0).contains("replaces"));
  renew();
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(server_->placed().at(1).value("replaces", ""), first.cert_id);
  EXPECT_TRUE(server_->certificates().at(first.cert_id).is_replaced);
  renew();
  ASSERT_TRUE(run_until_issued(3));
  EXPECT_NE(server_->placed().at(2).value("replaces", ""), first.cert_id) << "but the second";
}

TEST_F(IssuerRenewal, SaysNothingToAnAuthorityWithoutRenewalInfo) {
  server_->offers_renewal_info = false;
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  renew();
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_FALSE(server_->placed().at(1).contains("replaces"));
}

TEST_F(IssuerRenewal, SucceedsAtOnceWhenReplacesIsRefused) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  server_->replaces_refusal = {409, {}, R"({"type":"urn:ietf:params:acme:error:alreadyReplaced"})"};
  renew();
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(server_->requests["newOrder"], 3);
  EXPECT_THAT(life_->heard.failed, IsEmpty());
  EXPECT_FALSE(server_->placed().at(1).contains("replaces"));
}

TEST_F(IssuerRenewal, SaysNothingOfACertificateOfAnotherAccount) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  live("another").start();
  renew();
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_FALSE(server_->placed().at(1).contains("replaces"));
}

TEST_F(IssuerTest, RenewsByItselfWhenTheTimeHasCome) {
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  clock_.advance(24h * 70);
  life_->issuer.wake();
  ASSERT_TRUE(run_until_issued(2));
}

TEST_F(IssuerTest, PutsAHostnameThatFailedOffAndTriesItAgain) {
  live().start();
  life_->wire.is_hidden = true;
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return !life_->heard.failed.empty(); }));
  clock_.stand_still();
  EXPECT_THAT(life_->heard.failed, ElementsAre(acme::Errc::unauthorized));
  const Hostname hostname = detail("a.example").hostname;
  EXPECT_EQ(hostname.failures, 1U);
  EXPECT_THAT(hostname.last_error, HasSubstr("the answer at the name is wrong"));
  ASSERT_TRUE(hostname.next_attempt);
  EXPECT_GT(*hostname.next_attempt, clock_.wall());
  EXPECT_LE(*hostname.next_attempt, clock_.wall() + 70s);
  EXPECT_FALSE(life_->has_token(first_token));
  const int sent = life_->wire.sent;
  life_->issuer.wake();
  life_->run_a_moment();
  EXPECT_EQ(life_->wire.sent, sent) << "tried again too early";
  life_->wire.is_hidden = false;
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(detail("a.example").hostname.failures, 0U);
}

TEST_F(IssuerTest, OrdersTheProfileOfTheConfiguration) {
  server_->profiles = {{"classic", ""}, {"shortlived", ""}};
  wish_.profile = "shortlived";
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(server_->placed().at(0).value("profile", ""), "shortlived");
}

TEST_F(IssuerTest, PausesWithTheOfferedProfilesWhenTheConfiguredOneIsNone) {
  server_->profiles = {{"classic", ""}, {"shortlived", ""}};
  wish_.profile = "tlsserver";
  live().start();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return !life_->heard.failed.empty(); }));
  clock_.stand_still();
  EXPECT_THAT(life_->heard.failed, ElementsAre(acme::Errc::invalid_profile));
  EXPECT_THAT(detail("a.example").hostname.last_error,
              HasSubstr("it has classic, shortlived, not tlsserver"));
  EXPECT_TRUE(detail("a.example").hostname.parked);
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("not tlsserver"));
  EXPECT_EQ(server_->order_count(), 0U);
}

TEST_F(IssuerTest, OrdersTheDefaultWhenThatIsAllowedAndTheConfiguredProfileIsNone) {
  server_->profiles = {{"classic", ""}, {"shortlived", ""}};
  wish_.profile = "tlsserver";
  wish_.profile_fallback = true;
  live().start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_FALSE(server_->placed().at(0).contains("profile"));
  add("b.example");
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_THAT(life_->heard.failed, ElementsAre(acme::Errc::invalid_profile)) << "once";
}

/// The authority offers a chain of the leaf alone, and the longer one as an alternate.
class IssuerChains : public IssuerTest {
 protected:
  IssuerChains() {
    server_->tamper = [this](const FakeAcmeServer::Arrival& arrival, acme::HttpResponse& reply) {
      if (arrival.resource != "certificate" || reply.status != 200) return;
      longer_ = reply.body;
      reply.headers.push_back({"link", R"(<https://ca.example/v1/nothing/0>;rel="alternate")"});
      reply.headers.push_back({"link", R"(<https://ca.example/v1/longer/0>;rel="alternate")"});
      reply.body = longer_.substr(0, longer_.find("-----BEGIN", 1));
    };
    server_->instead = [this](const FakeAcmeServer::Arrival& arrival) {
      std::optional<acme::HttpResponse> reply;
      if (arrival.resource == "longer") reply = {200, {}, longer_};
      return reply;
    };
  }
  std::string issued_chain() {
    add("a.example");
    EXPECT_TRUE(run_until_issued(1));
    const CertificateId id = certificates().at(0).id;
    return life_->ask([id](Store& store) { return store.certificate_bundle(id); })
        .value()
        .chain_pem;
  }
  std::string longer_;
};

TEST_F(IssuerChains, TakesTheChainThatIsPreferred) {
  wish_.preferred_chain = "Test Root";
  live().start();
  const std::string issued = issued_chain();
  EXPECT_EQ(issued, longer_);
}

TEST_F(IssuerChains, TakesTheOfferedOneIfNoneIsAsPreferred) {
  wish_.preferred_chain = "Another Root";
  live().start();
  const std::string issued = issued_chain();
  EXPECT_EQ(issued, longer_.substr(0, longer_.find("-----BEGIN", 1)));
  EXPECT_EQ(server_->requests["nothing"], 1) << "looked at";
}

TEST_F(IssuerChains, AsksForNoAlternateThatNobodyWants) {
  live().start();
  issued_chain();
  EXPECT_EQ(server_->requests.count("nothing"), 0U);
}

TEST_F(IssuerTest, SuspendsWhileTheAuthorityIsAwayAndPlacesNothingNewMeanwhile) {
  live().start();
  add("a.example");
  bool is_away = true;
  server_->fate = [&is_away](const FakeAcmeServer::Arrival& arrival) {
    const bool lost = is_away && arrival.resource != "directory";
    return lost ? FakeAcmeServer::Fate::lose_request : FakeAcmeServer::Fate::serve;
  };
  clock_.stand_still();
  add("b.example");
  add("c.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().suspended == 3; }));
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("the connection broke"));
  EXPECT_THAT(life_->heard.failed, IsEmpty());
  add("d.example");
  life_->run_a_moment();
  EXPECT_EQ(open_orders(), 3U);
  EXPECT_EQ(detail("d.example").order, std::nullopt);
  is_away = false;
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(4));
  EXPECT_EQ(life_->issuer.status().trouble, "");
  EXPECT_EQ(detail("a.example").hostname.failures, 0U);
  EXPECT_EQ(server_->requests["newOrder"], 4);
}

TEST_F(IssuerTest, KeepsTheAuthoritysRetryAfterThoughAnotherOrderSucceeds) {
  live("ca", 2).start();
  bool is_limited = true;
  int refused = 0;
  server_->instead =
      [&](const FakeAcmeServer::Arrival& arrival) -> std::optional<acme::HttpResponse> {
    if (arrival.resource != "newOrder" || server_->order_count() == 0 || !is_limited) return {};
    ++refused;
    return too_many("360000");
  };
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->order_count() == 1; }));
  add("b.example");
  ASSERT_TRUE(life_->run_until([&refused] { return refused == 1; }));
  ASSERT_TRUE(run_until_issued(1));
  add("c.example");
  life_->run_a_moment();
  EXPECT_EQ(refused, 1);
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("too many new orders"));
  is_limited = false;
  clock_.advance(120h);
  ASSERT_TRUE(run_until_issued(3));
}

TEST_F(IssuerTest, IsNotPausedForeverByAClockThatRanAhead) {
  live().start();
  bool is_away = true;
  server_->fate = [&is_away](const FakeAcmeServer::Arrival&) {
    return is_away ? FakeAcmeServer::Fate::lose_request : FakeAcmeServer::Fate::serve;
  };
  clock_.stand_still();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().suspended == 1; }));
  clock_.jump(-24h * 365);
  is_away = false;
  clock_.advance(15min);
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().suspended == 0; }));
  EXPECT_EQ(life_->issuer.status().trouble, "");
}

TEST_F(IssuerTest, DoesNotSpinOnRenewalsThatAreHeldAfterAJumpOfTheClock) {
  live();
  std::atomic<int> looks = 0;
  life_->done = [&looks](std::string_view call, Store&) { looks += call == "due_hostnames"; };
  life_->start();
  add("a.example");
  ASSERT_TRUE(run_until_issued(1));
  clock_.stand_still();
  life_->run_a_moment();
  clock_.jump(24h * 70);
  looks = 0;
  life_->issuer.wake();
  for (int i = 0; i < 3; ++i) life_->run_a_moment();
  EXPECT_GE(looks, 1);
  EXPECT_LE(looks, 2);
  EXPECT_EQ(server_->requests["newOrder"], 1) << "renewed on a clock that nobody trusts yet";
  add("b.example");
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(2)) << "a first issuance does not wait";
  clock_.advance(2h);
  ASSERT_TRUE(run_until_issued(3));
}

TEST_F(IssuerTest, LetsGoOfAnOrderWhoseHostnameWasRemoved) {
  live().start();
  clock_.stand_still();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->requests["challenge"] == 1; }));
  EXPECT_TRUE(life_->has_token(first_token));
  life_->ask([now = clock_.wall()](Store& store) {
    remove(store, "a.example", now);
    return 0;
  });
  clock_.leap_again();
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().running == 0; }));
  EXPECT_FALSE(life_->has_token(first_token));
  EXPECT_EQ(life_->issuer.status().suspended, 0U);
  EXPECT_THAT(life_->heard.issued, IsEmpty());
  EXPECT_THAT(certificates(), IsEmpty());
}

TEST_F(IssuerTest, LeavesTheAnswerThatALaterOrderOfTheSameHostnameNeeds) {
  live();
  life_->done = [saved = 0](std::string_view call, Store& store) mutable {
    // Once the challenge was stored, the hostname goes and returns, and gets the same token.
    if (call != "save_order" || store.live_challenges()->empty() || ++saved != 2) return;
    const base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
    const LiveChallenge challenge = store.live_challenges()->front();
    remove(store, "a.example", now);
    add(store, "a.example", now);
    const std::vector<NewOrder> orders = {{"ca", {*base::DomainName::parse("a.example")}}};
    const OrderRecord order = store.create_orders(orders, now).value().at(0);
    EXPECT_TRUE(store.save_order(order, std::span(&challenge, 1)));
  };
  life_->start();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->has_token(first_token); }));
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().running == 0; }));
  EXPECT_TRUE(life_->has_token(first_token));
}

TEST_F(IssuerTest, OrdersAnewWhatIsOpenAtAnAuthorityThatIsNoLongerConfigured) {
  live().start();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->requests["challenge"] == 1; }));
  live("another name in the configuration");
  ASSERT_EQ(open_orders(), 1U);
  ASSERT_EQ(server_->order_count(), 1U);
  life_->start();
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_THAT(life_->heard.failed, IsEmpty()) << "no failure of the hostname";
  const auto events = life_->ask([](Store& store) { return store.events({}); }).value();
  const auto abandoned = std::find_if(events.begin(), events.end(), [](const Event& event) {
    return event.kind == EventKind::order_abandoned;
  });
  ASSERT_NE(abandoned, events.end());
  EXPECT_EQ(abandoned->subject, "a.example");
  EXPECT_EQ(abandoned->detail, "authority=ca is no longer in the configuration; ordered anew");
  EXPECT_EQ(server_->order_count(), 2U);
  EXPECT_EQ(server_->account_count(), 2U);
}

TEST_F(IssuerTest, RestsOnceTheTransportWasStopped) {
  live().start();
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->requests["challenge"] == 1; }));
  clock_.stand_still();
  life_->wire.is_stopped = true;
  const int sent = life_->wire.sent;
  add("b.example");
  life_->run_a_moment();
  life_->run_a_moment();
  EXPECT_LE(life_->wire.sent, sent + 3);
}

TEST_F(IssuerTest, ShowsThatTheStoreIsInTroubleUntilItHeals) {
  live();
  std::atomic<bool> is_broken = false;
  life_->fate = [&is_broken](std::string_view call) {
    return is_broken && call != "add_hostnames" ? StoreFate::refuse : StoreFate::serve;
  };
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return server_->waiting() == 0; }));
  life_->run_a_moment();
  clock_.stand_still();
  is_broken = true;
  add("a.example");
  ASSERT_TRUE(life_->run_until([this] { return !life_->issuer.status().trouble.empty(); }));
  for (int i = 0; i < 3; ++i) {
    life_->run_a_moment();
    life_->issuer.wake();
    EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("refused by the test"));
  }
  is_broken = false;
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(life_->issuer.status().trouble, "");
}

/// Four parts of the same, so that each stays short.
class IssuerMishapTest : public IssuerTest, public testing::WithParamInterface<int> {
 protected:
  static constexpr int parts = 4;

  void expect_one_of_everything() {
    EXPECT_THAT(certificates(), SizeIs(1));
    EXPECT_EQ(open_orders(), 0U);
    EXPECT_EQ(server_->issued, 1);
    EXPECT_EQ(server_->account_count(), 1U);
    EXPECT_EQ(detail("a.example").hostname.failures, 0U);
    EXPECT_EQ(detail("a.example").hostname.certificate, certificates().at(0).id);
  }
  bool is_place_stored() {
    const auto open = life_->ask([](Store& store) { return store.open_orders().value(); });
    if (open.empty()) return true;  // it has ended
    return !open.front().document.empty() &&
           decode_order_document(open.front().document)->order_url.has_value();
  }
  /// Everything anew for the next round.
  void clear() {
    life_.reset();
    for (const char* file : {"store.db", "store.db-wal", "store.db-shm"}) {
      std::filesystem::remove(folder_ / file);
    }
    server_.emplace(clock_);
  }
};

/// Each call of the store fails once, one run a call.
TEST_P(IssuerMishapTest, LosesAndDoublesNothingWhicheverCallOfTheStoreFails) {
  std::atomic<int> calls = 0;
  for (int failing = 1 + GetParam(); failing <= calls + parts || failing <= parts;
       failing += parts) {
    SCOPED_TRACE("failing call " + std::to_string(failing));
    live();
    life_->ask([this](Store& store) {
      add(store, "a.example", clock_.wall());
      return 0;
    });
    calls = 0;
    std::atomic<bool> armed = true;
    life_->fate = [&calls, &armed, failing](std::string_view) {
      return armed && ++calls == failing ? StoreFate::refuse : StoreFate::serve;
    };
    life_->start();
    ASSERT_TRUE(run_until_issued(1));
    armed = false;
    expect_one_of_everything();
    EXPECT_EQ(server_->order_count(), 1U);
    EXPECT_THAT(life_->heard.issued, SizeIs(1));
    if (HasFailure()) return;
    clear();
  }
  EXPECT_GT(calls, 10);
}

/// Killed at each instant at which something has become true in the store or at the authority.
TEST_P(IssuerMishapTest, GoesOnWithTheSameOrderWhereverItWasKilled) {
  int instants = 0;
  for (int last = 1 + GetParam(); last <= instants + parts || last <= parts; last += parts) {
    live();
    life_->ask([this](Store& store) {
      add(store, "a.example", clock_.wall());
      return 0;
    });
    life_->mortality.die_at(last);
    life_->start();
    run_until_issued(1);
    instants = std::max(instants, life_->mortality.instants());
    const std::string instant = life_->mortality.last();
    SCOPED_TRACE("killed after instant " + std::to_string(last) + ": " + instant);
    live();
    // Nobody but the dead knew of an order whose place was not stored yet.
    const bool is_unknown = server_->order_count() == 1 && !is_place_stored();
    EXPECT_TRUE(!is_unknown || instant.ends_with("/newOrder") ||
                instant.starts_with("stored put") || instant == "stored save_account_url");
    life_->start();
    ASSERT_TRUE(life_->run_until([this] { return !certificates().empty(); }));
    life_->run_until([this] { return open_orders() == 0; });
    expect_one_of_everything();
    EXPECT_EQ(server_->order_count(), is_unknown ? 2U : 1U);
    if (HasFailure()) return;
    clear();
  }
  EXPECT_GT(instants, 20);
}

/// The same of a renewal whose `replaces` the authority refuses, with renewal info looked at
/// beside.
TEST_P(IssuerMishapTest, RenewsOnceWhereverItWasKilledThoughReplacesIsRefused) {
  int instants = 0;
  for (int last = 1 + GetParam(); last <= instants + parts || last <= parts; last += parts) {
    server_->offers_renewal_info = true;
    server_->replaces_refusal = {409, {}, ""};
    live().start();
    add("a.example");
    ASSERT_TRUE(run_until_issued(1));
    const CertificateId first = certificates().at(0).id;
    live();
    life_->ask([now = clock_.wall()](Store& store) {
      const std::vector<base::DomainName> names = {*base::DomainName::parse("a.example")};
      return store.request_renewal(names, now).value().size();
    });
    life_->mortality.die_at(last);
    life_->start();
    run_until_issued(1);
    instants = std::max(instants, life_->mortality.instants());
    SCOPED_TRACE("killed after instant " + std::to_string(last) + ": " + life_->mortality.last());
    live();
    const bool is_unknown = server_->order_count() == 2 && !is_place_stored();
    life_->start();
    ASSERT_TRUE(life_->run_until([this, first] {
      return detail("a.example").hostname.certificate != first && open_orders() == 0;
    }));
    EXPECT_THAT(certificates(), SizeIs(1));
    EXPECT_EQ(server_->issued, 2);
    EXPECT_EQ(server_->order_count(), is_unknown ? 3U : 2U);
    EXPECT_EQ(detail("a.example").hostname.failures, 0U);
    if (HasFailure()) return;
    clear();
  }
  EXPECT_GT(instants, 20);
}

INSTANTIATE_TEST_SUITE_P(Parts, IssuerMishapTest, testing::Range(0, 4));

}  // namespace
}  // namespace agent
