#include "agent/issuer/account_keeper.h"

#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using fakes::FakeAcmeServer;
using Fate = FakeAcmeServer::Fate;
using Arrival = FakeAcmeServer::Arrival;
using Kind = AccountError::Kind;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::optional<acme::HttpResponse> refusal(int status, const std::string& type) {
  return acme::HttpResponse{status,
                            {{"content-type", "application/problem+json"}},
                            R"({"type":"urn:ietf:params:acme:error:)" + type + R"("})"};
}

class AccountKeeperTest : public IssuerTest {
 protected:
  /// A life that has a certificate, and so an account.
  void begin() {
    live().start();
    add("a.example");
    ASSERT_TRUE(run_until_issued(1));
    first_ = stored();
    ASSERT_TRUE(first_.url);
  }
  Account stored() {
    return life_->ask([](Store& store) { return store.account("ca", "https://ca.example/dir"); })
        .value()
        .value();
  }
  AccountKeeper& keeper() { return *life_->issuer.account("ca"); }
  base::Result<void, AccountError> change_key() {
    return await(keeper().begin_key_change(acme::KeyType::ecdsa_p384));
  }
  /// What an operator does; the issuer goes on meanwhile.
  template <class T>
  T await(base::asio::awaitable<T> operation) {
    return life_->await(std::move(operation));
  }
  bool run_until_changed() {
    return life_->run_until([this] {
      const auto& account = keeper().account();
      return account && !account->next_key && account->thumbprint != first_.thumbprint;
    });
  }
  std::vector<std::string> events() {
    const auto all =
        life_->ask([](Store& store) { return store.events({.subject = "ca"}); }).value();
    std::vector<std::string> kinds;
    for (const Event& event : all) kinds.emplace_back(to_string(event.kind));
    return kinds;
  }
  bool issues(const std::string& name) {
    const std::size_t before = life_->heard.issued.size();
    add(name);
    return run_until_issued(before + 1);
  }

  Account first_;
};

TEST_F(AccountKeeperTest, ChangesTheKeyAndOrdersWithTheNewOne) {
  begin();
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  const Account now = stored();
  EXPECT_NE(now.thumbprint, first_.thumbprint);
  EXPECT_EQ(now.next_key, std::nullopt);
  EXPECT_EQ(now.url, first_.url);
  EXPECT_EQ(certificates().at(0).account, now.thumbprint) << "renewals say what they replace";
  EXPECT_TRUE(issues("b.example"));
  EXPECT_EQ(server_->account_count(), 1U);
  live();
  life_->start();
  EXPECT_TRUE(issues("c.example")) << "after a restart, too";
  EXPECT_EQ(server_->account_count(), 1U);
}

TEST_F(AccountKeeperTest, StoresTheNewKeyBeforeTheAuthorityHearsOfIt) {
  begin();
  bool was_stored = false;
  server_->tamper = [&](const Arrival& arrival, acme::HttpResponse&) {
    if (arrival.resource != "keyChange") return;
    const auto store = open_store();
    const auto account = store->account("ca", "https://ca.example/dir").value().value();
    was_stored = account.next_key && account.thumbprint == first_.thumbprint;
  };
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  EXPECT_TRUE(was_stored);
}

TEST_F(AccountKeeperTest, LosesNoKeyWhereverItIsKilled) {
  bool is_last = false;
  for (int instant = 1; !is_last; ++instant) {
    SCOPED_TRACE("dies at instant " + std::to_string(instant));
    server_.emplace(clock_);
    std::filesystem::remove_all(folder_ / "store.db");
    std::filesystem::remove_all(folder_ / "store.db-wal");
    std::filesystem::remove_all(folder_ / "store.db-shm");
    life_.reset();
    ASSERT_NO_FATAL_FAILURE(begin());
    life_->mortality.die_at(instant);
    static_cast<void>(change_key());
    run_until_changed();
    is_last = !life_->mortality.is_dead();
    int wrong_signatures = 0;
    server_->tamper = [&wrong_signatures](const Arrival&, const acme::HttpResponse& reply) {
      if (reply.body.find("bad signature") != std::string::npos) ++wrong_signatures;
    };
    live();
    life_->start();
    ASSERT_TRUE(issues("b.example")) << life_->mortality.last();
    EXPECT_EQ(server_->account_count(), 1U);
    const bool is_open = stored().next_key.has_value();
    ASSERT_TRUE(!is_open || run_until_changed()) << "the change goes on";
    ASSERT_TRUE(issues("c.example"));
    EXPECT_EQ(wrong_signatures, 0) << "nobody signs before it is known which key counts";
    ASSERT_LT(instant, 50);
  }
}

TEST_F(AccountKeeperTest, AsksWhichKeyItIsWhenTheReplyIsLost) {
  begin();
  server_->fate = [lost = false](const Arrival& arrival) mutable {
    const bool loses = arrival.resource == "keyChange" && !std::exchange(lost, true);
    return loses ? Fate::lose_reply : Fate::serve;
  };
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  EXPECT_EQ(server_->requests["keyChange"], 1) << "it was carried out";
  EXPECT_TRUE(issues("b.example"));
}

TEST_F(AccountKeeperTest, TriesAgainWhenTheRequestIsLost) {
  begin();
  server_->fate = [left = 3](const Arrival& arrival) mutable {
    const bool loses = arrival.resource == "keyChange" && left-- > 0;
    return loses ? Fate::lose_request : Fate::serve;
  };
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  EXPECT_TRUE(issues("b.example"));
}

TEST_F(AccountKeeperTest, KeepsTheOldKeyWhenTheAuthorityWillNotHaveTheNewOne) {
  begin();
  server_->instead = [](const Arrival& arrival) {
    return arrival.resource == "keyChange" ? refusal(400, "badPublicKey") : std::nullopt;
  };
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(life_->run_until([this] { return !keeper().account()->next_key; }));
  EXPECT_EQ(stored(), first_);
  EXPECT_THAT(keeper().key_change_state(), HasSubstr("given up"));
  EXPECT_THAT(events(), Contains("account key kept"));
  EXPECT_TRUE(issues("b.example"));
}

TEST_F(AccountKeeperTest, WaitsForTheOrdersThatAreRun) {
  begin();
  server_->polls_until_issued = 1'000'000;
  add("slow.example");
  ASSERT_TRUE(life_->run_until([this] { return server_->finalized == 2; }));
  clock_.stand_still();  // or the order would be overdue
  ASSERT_TRUE(change_key());
  life_->run_a_moment();
  EXPECT_EQ(server_->requests["keyChange"], 0);
  EXPECT_THAT(keeper().key_change_state(), HasSubstr("waits"));
  EXPECT_FALSE(life_->issuer.status().trouble.empty()) << "no new orders meanwhile";
  server_->polls_until_issued = 0;
  clock_.leap_again();
  ASSERT_TRUE(run_until_changed());
  EXPECT_TRUE(run_until_issued(2)) << "of the old key";
}

/// An order that is suspended with its answer published, when the key is changed.
TEST_F(AccountKeeperTest, OpenOrdersGoOnWithAnswersForTheNewKey) {
  begin();
  server_->instead = [](const Arrival& arrival) {
    return arrival.resource == "challenge" ? refusal(503, "serverInternal") : std::nullopt;
  };
  clock_.stand_still();  // or it would be tried again
  add("open.example");
  ASSERT_TRUE(life_->run_until([this] { return life_->issuer.status().suspended == 1; }));
  const std::string token = server_->token_of("1");
  ASSERT_TRUE(life_->has_token(token));
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  server_->instead = [](const Arrival&) { return std::nullopt; };
  clock_.leap_again();
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(server_->order_count(), 2U) << "the same order";
  EXPECT_THAT(life_->heard.failed, IsEmpty());
  EXPECT_FALSE(life_->has_token(token));
}

TEST_F(AccountKeeperTest, RefusesASecondChangeAndOneWithoutAnAccount) {
  live().start();
  ASSERT_TRUE(life_->run_until([this] { return keeper().is_open(); }));
  EXPECT_EQ(change_key().error().kind, Kind::refused) << "it is not registered yet";
  begin();
  server_->fate = [](const Arrival& arrival) {
    return arrival.resource == "keyChange" ? Fate::lose_request : Fate::serve;
  };
  ASSERT_TRUE(change_key());
  EXPECT_EQ(change_key().error().kind, Kind::not_now);
}

TEST_F(AccountKeeperTest, GivesTheAccountOtherContacts) {
  begin();
  ASSERT_TRUE(await(keeper().set_contacts({"mailto:new@example.org"})));
  const auto asked = await(keeper().check());
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->status, acme::AccountStatus::valid);
  EXPECT_EQ(asked->contacts, std::vector<std::string>{"mailto:new@example.org"});
  EXPECT_THAT(events(), Contains("account updated"));
}

TEST_F(AccountKeeperTest, SaysWhatTheAuthorityRefuses) {
  begin();
  server_->instead = [](const Arrival& arrival) {
    return arrival.resource == "account" ? refusal(400, "invalidContact") : std::nullopt;
  };
  const auto done = await(keeper().set_contacts({"mailto:new@example.org"}));
  EXPECT_EQ(done.error().kind, Kind::authority_failed);
}

TEST_F(AccountKeeperTest, AClosedAccountTakesNoOrdersUntilAnotherOneIsMade) {
  begin();
  ASSERT_TRUE(await(keeper().deactivate()));
  EXPECT_EQ(stored().status, AccountStatus::deactivated);
  add("b.example");
  life_->run_a_moment();
  EXPECT_EQ(server_->requests["newOrder"], 1) << "none is tried";
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("acme-spoa account register ca"));
  EXPECT_EQ(change_key().error().kind, Kind::refused);
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return keeper().is_open(); }));
  life_->run_a_moment();
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("deactivated")) << "after a restart, too";
  ASSERT_TRUE(await(keeper().register_anew(acme::KeyType::ecdsa_p256)));
  ASSERT_TRUE(run_until_issued(1));
  EXPECT_EQ(server_->account_count(), 2U);
  EXPECT_EQ(stored().url, "https://ca.example/v1/account/1");
  EXPECT_EQ(stored().status, AccountStatus::valid);
  EXPECT_EQ(await(keeper().register_anew(acme::KeyType::ecdsa_p256)).error().kind, Kind::refused)
      << "that one is alive";
}

TEST_F(AccountKeeperTest, FindsOutThatTheAuthorityHasClosedTheAccount) {
  begin();
  server_->deactivate_accounts();
  add("b.example");
  ASSERT_TRUE(life_->run_until([this] { return keeper().is_closed(); }));
  EXPECT_THAT(events(), Contains("account closed"));
  EXPECT_THAT(life_->issuer.status().trouble, HasSubstr("acme-spoa account register ca"));
  ASSERT_TRUE(life_->run_until([this] { return open_orders() == 0; })) << "nobody can finish it";
  ASSERT_TRUE(await(keeper().register_anew(acme::KeyType::ecdsa_p256)));
  EXPECT_TRUE(run_until_issued(2));
}

TEST_F(AccountKeeperTest, TellsThatAnAuthorityHasForgottenTheAccount) {
  begin();
  server_->forget_everything();
  ASSERT_TRUE(issues("b.example"));
  EXPECT_THAT(events(), Contains("account lost"));
  EXPECT_EQ(stored().thumbprint, first_.thumbprint) << "the same key";
}

TEST_F(AccountKeeperTest, MakesAnotherAccountWhenABackupHasAKeyOfTheLast) {
  begin();
  ASSERT_TRUE(change_key());
  ASSERT_TRUE(run_until_changed());
  static_cast<void>(life_->ask([&](Store& store) { return store.put_account(first_, {}); }));
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return keeper().is_open(); }));
  ASSERT_TRUE(await(keeper().register_anew(acme::KeyType::ecdsa_p256)));
  EXPECT_TRUE(issues("b.example"));
  EXPECT_EQ(server_->account_count(), 2U);
}

TEST_F(AccountKeeperTest, FindsTheAccountOfARestoredKey) {
  begin();
  Account without_url = first_;
  without_url.url = std::nullopt;
  static_cast<void>(life_->ask([&](Store& store) { return store.put_account(without_url, {}); }));
  live();
  life_->start();
  const int before = server_->requests["newAccount"];
  ASSERT_TRUE(issues("b.example"));
  EXPECT_EQ(server_->requests["newAccount"], before + 1) << "asked for, not registered";
  EXPECT_EQ(server_->account_count(), 1U);
  EXPECT_EQ(stored().url, first_.url);
}

}  // namespace
}  // namespace agent
