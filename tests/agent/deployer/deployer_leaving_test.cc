// Certificates that go, and what takes their place.

#include "agent/deployer/deployer.h"
#include "tests/agent/deployer/deployer_fixture.h"

namespace agent {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST_F(DeployerTest, ACustomCertificateTakesThePlaceOfAnOrderedOneAndBack) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  install("a.example", "0C01");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0C01"; }));
  ASSERT_TRUE(life_->run_until([this] { return stored(CertificateSelection::all).size() == 1; }));
  install("a.example", "0C02");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0C02");
  ASSERT_TRUE(life_->ask([](Store& store) {
    const HostnameSettings settings{.name = name_of("a.example"), .mode = HostnameMode::automatic};
    return store.update_hostname(settings, base::SystemClock().wall());
  }));
  EXPECT_EQ(served("a.example"), "0C02");
  issue("a.example", "0A02");
  life_->deployer().look_for_retired();
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A02"; }));
  ASSERT_TRUE(life_->run_until([this] { return stored(CertificateSelection::all).size() == 1; }));
  EXPECT_EQ(list(), file_of("a.example") + "\n");
}

TEST_F(DeployerTest, AHostnameKeepsItsCertificateWhileHaproxyRefusesTheNext) {
  const std::vector<std::string> too_many(300, std::string(60, 'x') + ".a.example");  // for bufsize
  const auto is_refused = [this] {
    const std::string trouble = life_->deployer().status().instances.at(0).trouble;
    return trouble.find("_custom.a.example") != std::string::npos;
  };
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  EXPECT_THAT(life_->deployer().refusal(make_bundle("a.example", "0C01", too_many)),
              HasSubstr("HAProxy edge1 could not be given it: the command has"));
  EXPECT_EQ(life_->deployer().refusal(make_bundle("a.example", "0C01", {})), "");
  install("a.example", "0C01", too_many);
  ASSERT_TRUE(life_->run_until(is_refused));
  issue("b.example", "0B01");  // behind it in the queue of what is changed
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("b.example"); }));
  EXPECT_EQ(served("a.example"), "0A01");
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until(is_refused));
  remove("b.example");
  ASSERT_TRUE(life_->run_until([this] { return served("b.example").empty(); }));
  EXPECT_EQ(served("a.example"), "0A01");
  EXPECT_THAT(list(), HasSubstr(file_of("a.example") + "\n"));
  install("a.example", "0C02");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0C02"; }));
  ASSERT_TRUE(life_->run_until([this] { return stored(CertificateSelection::all).size() == 1; }));
  EXPECT_FALSE(fs::exists(file_of("a.example")));
}

TEST_F(DeployerTest, TakesARemovedHostnameOffTheListTheProcessAndTheDisk) {
  life_->start();
  issue("a.example", "0A01");
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->settle());
  remove("a.example");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example").empty(); }));
  ASSERT_TRUE(life_->run_until([this] { return stored(CertificateSelection::all).size() == 1; }));
  EXPECT_EQ(list(), file_of("b.example") + "\n");
  EXPECT_FALSE(fs::exists(file_of("a.example")));
  EXPECT_EQ(served("b.example"), "0B01");
}

TEST_F(DeployerTest, RemovesACertificateThatWasNeverDeployed) {
  const Certificate certificate =
      life_->ask([](Store& store) { return put_certificate(store, "a.example", "0A01"); });
  remove("a.example");
  life_->deployer().deploy(certificate);  // the news of it came late
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return stored(CertificateSelection::all).empty(); }));
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(list(), "");
  EXPECT_FALSE(fs::exists(file_of("a.example")));
}

TEST_F(DeployerTest, GoesThroughRemovalAndReturnOfAHostname) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  remove("a.example");
  issue("a.example", "0A02");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0A02");
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  EXPECT_TRUE(fs::exists(file_of("a.example")));
}

TEST_F(DeployerTest, KeepsTheFileWhosePathANewerCertificateHasTaken) {
  auto faulty = std::make_unique<fakes::FaultyStore>(open_store());
  fakes::FaultyStore& store = *faulty;
  life_ = std::make_unique<DeployerLife>(std::move(faulty), std::vector{edge_.get()});
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  // The hostname returns and gets its certificate just when the retired ones were read.
  store.done = [this, done = false](std::string_view call, Store& inner) mutable {
    if (call != "certificates" || done) return;
    done = true;
    const Certificate newer = put_certificate(inner, "a.example", "0A02");
    base::asio::post(life_->control(), [this, newer] { life_->deployer().deploy(newer); });
  };
  remove("a.example");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A02"; }));
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  EXPECT_TRUE(fs::exists(file_of("a.example")));
  EXPECT_EQ(stored(CertificateSelection::wanted).at(0).state, CertificateState::served);
}

}  // namespace
}  // namespace agent
