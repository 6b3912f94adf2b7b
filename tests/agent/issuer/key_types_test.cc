// Two key types, and keys that are used again, against an authority.

#include <filesystem>

#include "acme/certificate.h"
#include "tests/agent/issuer/issuer_fixture.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const base::DomainName hostname = *base::DomainName::parse("a.example");

class KeyTypes : public IssuerTest {
 protected:
  KeyTypes() { wish_.second_key_type = acme::KeyType::rsa_2048; }

  void want_both() {
    life_->ask([now = clock_.wall()](Store& store) {
      constexpr std::array both = {KeyAlgorithm::ecdsa, KeyAlgorithm::rsa};
      return store.set_key_algorithms(both, now).has_value();
    });
  }
  /// As the deployer tells, once it has seen it.
  void serve(CertificateId id) {
    life_->ask([id, now = clock_.wall()](Store& store) {
      return store.mark_served(std::vector{id}, now).has_value();
    });
    life_->issuer.wake();
  }
  void renew() {
    life_->ask([now = clock_.wall()](Store& store) {
      return store.request_renewal(std::vector{hostname}, now).value().size();
    });
    life_->issuer.wake();
  }
  void issue_first() {
    want_both();
    life_->start();
    add("a.example");
    ASSERT_TRUE(run_until_issued(1));
    life_->run_until([this] { return open_orders() == 0; });
  }
  std::string key_of(CertificateId id) {
    return life_->ask([id](Store& store) { return store.certificate_bundle(id); })
        .value()
        .private_key_pem;
  }
  /// Of the key in the store, not of what the row says.
  KeyAlgorithm algorithm_of(CertificateId id) {
    const auto key = acme::PrivateKey::parse_pem(key_of(id)).value();
    return key.type() == acme::KeyType::rsa_2048 ? KeyAlgorithm::rsa : KeyAlgorithm::ecdsa;
  }
};

TEST_F(KeyTypes, TheSecondIsIssuedWithTheOtherOnceTheFirstIsServed) {
  live();
  issue_first();
  EXPECT_THAT(certificates(), SizeIs(1));
  EXPECT_EQ(certificates()[0].key, KeyAlgorithm::ecdsa);
  serve(certificates()[0].id);
  ASSERT_TRUE(run_until_issued(2));
  const HostnameDetail after = detail("a.example");
  const Certificate second = after.second.value().certificate.value();
  EXPECT_EQ(second.key, KeyAlgorithm::rsa);
  EXPECT_EQ(algorithm_of(second.id), KeyAlgorithm::rsa);
  EXPECT_EQ(algorithm_of(after.certificate->id), KeyAlgorithm::ecdsa);
  EXPECT_EQ(second.names, after.certificate->names);
  EXPECT_TRUE(second.bundle_path.ends_with("/_rsa.a.example.pem")) << second.bundle_path;
  EXPECT_TRUE(after.certificate->bundle_path.ends_with("/a.example.pem"));
}

TEST_F(KeyTypes, BothAreRenewedEachReplacingItsOwn) {
  server_->offers_renewal_info = true;
  live();
  issue_first();
  serve(certificates()[0].id);
  ASSERT_TRUE(run_until_issued(2));
  const HostnameDetail before = detail("a.example");
  renew();
  ASSERT_TRUE(run_until_issued(3));
  serve(detail("a.example").certificate->id);
  ASSERT_TRUE(run_until_issued(4));
  EXPECT_EQ(server_->placed().at(2).value("replaces", ""), before.certificate->cert_id);
  EXPECT_EQ(server_->placed().at(3).value("replaces", ""), before.second->certificate->cert_id);
  EXPECT_EQ(algorithm_of(detail("a.example").certificate->id), KeyAlgorithm::ecdsa);
  EXPECT_EQ(algorithm_of(detail("a.example").second->certificate->id), KeyAlgorithm::rsa);
  EXPECT_THAT(certificates(), SizeIs(2)) << "each in its own file";
}

TEST_F(KeyTypes, BothFollowTheAdviceOfTheAuthority) {
  server_->offers_renewal_info = true;
  live();
  issue_first();
  serve(certificates()[0].id);
  ASSERT_TRUE(run_until_issued(2));
  const auto has_advice = [this] {
    const HostnameDetail now = detail("a.example");
    return now.certificate->advice && now.second->certificate->advice;
  };
  ASSERT_TRUE(life_->run_until(has_advice));
  const HostnameDetail before = detail("a.example");
  // It is about to revoke both.
  server_->renewal_info =
      acme::RenewalInfo{clock_.wall() - 2h, clock_.wall() - 1h, "https://ca.example/why"};
  const auto is_told = [&] {
    const HostnameDetail now = detail("a.example");
    const auto is_late = [&](const Certificate& certificate, const Certificate& old) {
      return certificate.id != old.id || certificate.advice != old.advice;
    };
    return is_late(*now.certificate, *before.certificate) &&
           is_late(*now.second->certificate, *before.second->certificate);
  };
  ASSERT_TRUE(life_->run_until(is_told));
  server_->renewal_info.reset();
  ASSERT_TRUE(life_->run_until([&] {
    const HostnameDetail now = detail("a.example");
    return now.certificate->id != before.certificate->id &&
           now.second->certificate->id != before.second->certificate->id;
  }));
  EXPECT_EQ(detail("a.example").certificate->key, KeyAlgorithm::ecdsa);
  EXPECT_EQ(detail("a.example").second->certificate->key, KeyAlgorithm::rsa);
}

TEST_F(KeyTypes, ARenewalKeepsItsAlgorithmThoughTheOrderOfTheTypesIsTurned) {
  live();
  issue_first();
  serve(certificates()[0].id);
  ASSERT_TRUE(run_until_issued(2));
  wish_.key_type = acme::KeyType::rsa_2048;
  wish_.second_key_type = acme::KeyType::ecdsa_p384;
  live().start();
  renew();
  ASSERT_TRUE(run_until_issued(1));
  const CertificateId first = detail("a.example").certificate->id;
  EXPECT_EQ(acme::PrivateKey::parse_pem(key_of(first))->type(), acme::KeyType::ecdsa_p384);
}

TEST_F(KeyTypes, TheFirstIsRenewedThoughTheSecondFails) {
  live();
  issue_first();
  serve(certificates()[0].id);
  life_->wire.is_hidden = true;  // the second is not validated
  ASSERT_TRUE(life_->run_until([this] {
    const auto second = detail("a.example").second;
    return second && second->failures > 0;
  }));
  EXPECT_EQ(detail("a.example").hostname.failures, 0U);
  EXPECT_EQ(detail("a.example").second->certificate, std::nullopt);
  life_->wire.is_hidden = false;
  renew();
  ASSERT_TRUE(life_->run_until([this] { return life_->heard.issued.size() >= 2; }));
  EXPECT_EQ(life_->heard.issued.at(1).key, KeyAlgorithm::ecdsa);
}

TEST_F(KeyTypes, AnAuthorityThatWillNotHaveTheSecondStillIssuesFirstOnes) {
  live();
  issue_first();
  server_->instead =
      [](const fakes::FakeAcmeServer::Arrival& arrival) -> std::optional<acme::HttpResponse> {
    if (arrival.resource != "finalize") return std::nullopt;
    return acme::HttpResponse{400,
                              {{"content-type", "application/problem+json"}},
                              R"({"type":"urn:ietf:params:acme:error:badPublicKey"})"};
  };
  serve(certificates()[0].id);
  ASSERT_TRUE(life_->run_until([this] {
    const auto second = detail("a.example").second;
    return second && second->failures > 0;
  }));
  EXPECT_TRUE(detail("a.example").second->parked);
  EXPECT_EQ(life_->issuer.status().trouble, "") << "with a first one it is the whole authority";
  server_->instead = [](const fakes::FakeAcmeServer::Arrival&) { return std::nullopt; };
  add("b.example");
  ASSERT_TRUE(run_until_issued(2));
  EXPECT_EQ(detail("b.example").certificate->key, KeyAlgorithm::ecdsa);
}

TEST_F(KeyTypes, TheSecondIsMadeOnceWhereverTheDaemonIsKilled) {
  // Of the instants at which something becomes true elsewhere some; a first certificate's order
  // goes through them all (IssuerMishapTest).
  for (const int last : {1, 2, 4, 8, 16, 20, 24, 28}) {
    live();
    issue_first();
    const CertificateId first = certificates().at(0).id;
    life_->mortality.die_at(last);
    serve(first);
    run_until_issued(2);
    SCOPED_TRACE("killed after instant " + std::to_string(last) + ": " + life_->mortality.last());
    live().start();
    life_->ask([first, now = clock_.wall()](Store& store) {
      return store.mark_served(std::vector{first}, now).has_value();
    });
    life_->issuer.wake();
    ASSERT_TRUE(life_->run_until([this] {
      const auto second = detail("a.example").second;
      return second && second->certificate && open_orders() == 0;
    }));
    EXPECT_THAT(certificates(), SizeIs(2));
    EXPECT_EQ(server_->issued, 2);
    EXPECT_EQ(detail("a.example").certificate->id, first);
    EXPECT_EQ(detail("a.example").hostname.failures, 0U);
    EXPECT_EQ(detail("a.example").second->failures, 0U);
    if (HasFailure()) return;
    life_.reset();
    for (const char* file : {"store.db", "store.db-wal", "store.db-shm"}) {
      std::filesystem::remove(folder_ / file);
    }
    server_.emplace(clock_);
  }
}

class KeyReuseTest : public KeyTypes {
 protected:
  KeyReuseTest() {
    wish_.second_key_type.reset();
    wish_.key_reuse = KeyReuse::on_renewal;
  }
  std::string issue() {
    live().start();
    add("a.example");
    EXPECT_TRUE(run_until_issued(1));
    life_->run_until([this] { return open_orders() == 0; });
    return key_of(certificates().at(0).id);
  }
  std::string renewed_key() {
    const std::size_t issued = life_->heard.issued.size();
    renew();
    EXPECT_TRUE(run_until_issued(issued + 1));
    return key_of(detail("a.example").certificate->id);
  }
};

TEST_F(KeyReuseTest, KeepsTheKeyOfTheCertificateThatIsRenewed) {
  const std::string first = issue();
  const std::string serial = certificates().at(0).serial;
  EXPECT_EQ(renewed_key(), first);
  EXPECT_NE(certificates().at(0).serial, serial);
}

TEST_F(KeyReuseTest, IsNotDoneUnlessAskedFor) {
  wish_.key_reuse = KeyReuse::never;
  const std::string first = issue();
  EXPECT_NE(renewed_key(), first);
}

TEST_F(KeyReuseTest, EndsWithACompromisedKey) {
  const std::string first = issue();
  life_->ask([id = certificates().at(0).id, now = clock_.wall()](Store& store) {
    return store.mark_key_compromised(id, now).has_value();
  });
  const std::string second = renewed_key();
  EXPECT_NE(second, first);
  EXPECT_EQ(renewed_key(), second) << "the new one is as good as any";
}

TEST_F(KeyReuseTest, MakesANewKeyOfTheTypeThatIsWanted) {
  issue();
  wish_.key_type = acme::KeyType::ecdsa_p384;
  live().start();
  EXPECT_EQ(acme::PrivateKey::parse_pem(renewed_key())->type(), acme::KeyType::ecdsa_p384);
}

TEST_F(KeyReuseTest, MakesANewKeyWhereTheAuthorityRefusesTheOldOne) {
  const std::string first = issue();
  bool is_refused = false;
  server_->instead =
      [&is_refused](
          const fakes::FakeAcmeServer::Arrival& arrival) -> std::optional<acme::HttpResponse> {
    if (arrival.resource != "finalize" || std::exchange(is_refused, true)) return std::nullopt;
    return acme::HttpResponse{400,
                              {{"content-type", "application/problem+json"}},
                              R"({"type":"urn:ietf:params:acme:error:badCSR"})"};
  };
  EXPECT_NE(renewed_key(), first);
}

}  // namespace
}  // namespace agent
