#include "agent/issuer/revoker.h"

#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using fakes::FakeAcmeServer;
using Fate = FakeAcmeServer::Fate;
using Arrival = FakeAcmeServer::Arrival;
using Replacement = RevocationWish::Replacement;
using acme::RevocationReason;
using ::testing::HasSubstr;

class RevokerTest : public IssuerTest {
 protected:
  /// A life with a certificate.
  CertificateId begin() {
    live().start();
    add("a.example");
    EXPECT_TRUE(run_until_issued(1));
    return life_->heard.issued.at(0).id;
  }
  void request(CertificateId id,
               RevocationReason reason = RevocationReason::key_compromise,
               Replacement replacement = Replacement::none) {
    const RevocationWish wish{reason, replacement};
    static_cast<void>(life_->ask([&, now = clock_.wall()](Store& store) {
      return store.request_revocations(std::vector{id}, wish, now);
    }));
    life_->issuer.look_for_revocations();
    life_->issuer.wake();
  }
  Revocation known(CertificateId id) {
    return life_->ask([id](Store& store) { return store.revocation(id); }).value().value();
  }
  bool run_until_over(CertificateId id) {
    return life_->run_until([this, id] {
      const auto found = life_->ask([id](Store& store) { return store.revocation(id); });
      return found && *found && (*found)->state != RevocationState::pending;
    });
  }
  void answer(int status, const std::string& type) {
    server_->instead = [=](const Arrival& arrival) -> std::optional<acme::HttpResponse> {
      if (arrival.resource != "revokeCert") return std::nullopt;
      return acme::HttpResponse{status,
                                {{"content-type", "application/problem+json"}},
                                R"({"type":"urn:ietf:params:acme:error:)" + type + R"("})"};
    };
  }
};

TEST_F(RevokerTest, RevokesWithTheAccountThatHasOrdered) {
  const CertificateId id = begin();
  request(id, RevocationReason::cessation_of_operation);
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::revoked);
  ASSERT_EQ(server_->revoked.size(), 1U);
  EXPECT_EQ(server_->revoked.begin()->second, 5);
  EXPECT_EQ(server_->revoked_by_key, 0);
}

TEST_F(RevokerTest, ReplacesACompromisedKeyByAnotherOne) {
  const CertificateId id = begin();
  const auto key_of = [this](CertificateId which) {
    return life_->ask([which](Store& store) { return store.certificate_bundle(which); })
        .value()
        .private_key_pem;
  };
  const std::string before = key_of(id);
  request(id, RevocationReason::key_compromise, Replacement::at_once);
  ASSERT_TRUE(run_until_issued(2));
  ASSERT_TRUE(run_until_over(id));
  EXPECT_NE(key_of(life_->heard.issued.at(1).id), before);
  EXPECT_EQ(server_->revoked.size(), 1U) << "the old one";
}

TEST_F(RevokerTest, ReplacesFirstWhenNothingIsCompromised) {
  const CertificateId id = begin();
  int issued_before = 0;
  server_->tamper = [&](const Arrival& arrival, acme::HttpResponse&) {
    if (arrival.resource == "revokeCert") issued_before = server_->issued;
  };
  request(id, RevocationReason::superseded, Replacement::at_once);
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::revoked);
  EXPECT_EQ(issued_before, 2);
}

TEST_F(RevokerTest, TakesTheCertificatesKeyWhenAnotherAccountHasOrderedIt) {
  const CertificateId id = begin();
  AccountKeeper& keeper = *life_->issuer.account("ca");
  ASSERT_TRUE(life_->await(keeper.deactivate()));
  ASSERT_TRUE(life_->await(keeper.register_anew(acme::KeyType::ecdsa_p256)));
  request(id);
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::revoked);
  EXPECT_EQ(server_->revoked_by_key, 1);
}

TEST_F(RevokerTest, WhatIsRevokedAlreadyIsASuccess) {
  const CertificateId id = begin();
  answer(400, "alreadyRevoked");
  request(id);
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::revoked);
}

TEST_F(RevokerTest, GoesOnUntilAnAuthorityThatIsAwayIsBack) {
  const CertificateId id = begin();
  server_->fate = [left = 4](const Arrival& arrival) mutable {
    const bool loses = arrival.resource == "revokeCert" && left-- > 0;
    return loses ? Fate::lose_request : Fate::serve;
  };
  request(id);
  ASSERT_TRUE(life_->run_until([this, id] { return known(id).failures > 0; }));
  EXPECT_EQ(known(id).state, RevocationState::pending);
  EXPECT_THAT(known(id).last_error, HasSubstr("the connection broke"));
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::revoked);
}

TEST_F(RevokerTest, SaysWhatTheAuthorityRefuses) {
  const CertificateId id = begin();
  answer(400, "badRevocationReason");
  request(id);
  ASSERT_TRUE(run_until_over(id));
  EXPECT_EQ(known(id).state, RevocationState::refused);
  EXPECT_FALSE(known(id).last_error.empty());
}

TEST_F(RevokerTest, LosesNoRevocationWhereverItIsKilled) {
  bool is_last = false;
  for (int instant = 1; !is_last; ++instant) {
    SCOPED_TRACE("dies at instant " + std::to_string(instant));
    server_.emplace(clock_);
    std::filesystem::remove_all(folder_ / "store.db");
    std::filesystem::remove_all(folder_ / "store.db-wal");
    std::filesystem::remove_all(folder_ / "store.db-shm");
    life_.reset();
    const CertificateId id = begin();
    request(id);
    life_->mortality.die_at(instant);
    const auto is_revoked = [this] {
      return life_->mortality.is_dead() || server_->revoked.size();
    };
    static_cast<void>(life_->run_until(is_revoked));
    if (!life_->mortality.is_dead()) static_cast<void>(run_until_over(id));
    is_last = !life_->mortality.is_dead();
    live();
    life_->start();
    ASSERT_TRUE(run_until_over(id));
    EXPECT_EQ(known(id).state, RevocationState::revoked);
    EXPECT_EQ(server_->revoked.size(), 1U);
    ASSERT_LT(instant, 50);
  }
}

}  // namespace
}  // namespace agent
