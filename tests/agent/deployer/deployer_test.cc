#include "agent/deployer/deployer.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "tests/agent/deployer/deployer_fixture.h"
#include "tests/fakes/loopback_server.h"

namespace agent {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(DeployerTest, WritesLoadsProvesAndTells) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  EXPECT_EQ(served("a.example"), "0A01");
  EXPECT_THAT(life_->heard.served, ElementsAre("a.example 0A01"));
  EXPECT_TRUE(life_->is_ready("a.example"));
  EXPECT_EQ(stored(CertificateSelection::wanted).at(0).state, CertificateState::served);
}

TEST_F(DeployerTest, RenewsUnderTheSameNameInHaproxy) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  issue("a.example", "0A02");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0A02");
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  EXPECT_EQ(life_->deployer().status().wanted, 1U);
}

TEST_F(DeployerTest, ACustomCertificateIsServedForItsHostnameOnly) {
  life_->start();
  install("a.example", "0C01", {"victim.example"});
  issue("victim.example", "0B01");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0C01");
  EXPECT_EQ(served("victim.example"), "0B01");
  remove("victim.example");
  ASSERT_TRUE(life_->run_until([this] { return served("victim.example").empty(); }));
  install("a.example", "0C02", {"victim.example"});
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0C02");
  EXPECT_EQ(served("victim.example"), "");
  live();  // another life writes the same lines
  life_->start();
  ASSERT_TRUE(life_->settle());
  EXPECT_THAT(list(), HasSubstr("_custom.a.example.pem a.example\n"));
}

TEST_F(DeployerTest, LeavesNoLineWithoutAFileWhenACertificateWasReplacedBeforeItWasWritten) {
  const Certificate older =
      life_->ask([](Store& store) { return put_certificate(store, "a.example", "0A01"); });
  life_->ask([](Store& store) { return put_certificate(store, "a.example", "0A02").serial; });
  edge_->stop();  // so that nobody is asked whether it is served
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return list() == file_of("a.example") + "\n"; }));
  fs::remove(file_of("a.example"));
  haproxy::test::write_file(edge_->crt_list(), "");
  life_->deployer().deploy(older);
  ASSERT_TRUE(life_->run_until([this] { return life_->deployer().status().pending == 1; }));
  life_->ask([](Store&) { return 0; });
  EXPECT_EQ(list(), "");
}

TEST_F(DeployerTest, CountsACertificateAsServedOnlyWhenItsLineIsOnDisk) {
  life_->start();
  ASSERT_TRUE(life_->settle());
  fs::remove(edge_->crt_list());
  fs::create_directory(edge_->crt_list());  // which no file can be renamed to
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A01"; }));
  ASSERT_TRUE(life_->run_until([this] { return !life_->deployer().status().trouble.empty(); }));
  ASSERT_TRUE(life_->run_until(
      [this] { return life_->deployer().status().instances.front().last_proof.has_value(); }));
  EXPECT_EQ(stored(CertificateSelection::wanted).at(0).state, CertificateState::issued);
  EXPECT_FALSE(life_->is_ready("a.example"));
  fs::remove(edge_->crt_list());
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  EXPECT_EQ(stored(CertificateSelection::wanted).at(0).state, CertificateState::served);
}

TEST_F(DeployerTest, ChangesMoreThanItReadsAtOnce) {
  constexpr int count = 150;  // files of 64 are read together, the next ones while these are sent
  const auto put_all = [](Store& store) {
    std::vector<Certificate> made;
    const auto put = [&store, &made] {
      for (int i = 0; i < count; ++i)
        made.push_back(put_certificate(store, "n" + std::to_string(i) + ".example", "0A01"));
    };
    return store.commit_together(put) ? made : std::vector<Certificate>();
  };
  life_->start();
  ASSERT_TRUE(life_->settle());
  for (const Certificate& made : life_->ask(put_all)) life_->deployer().deploy(made);
  ASSERT_TRUE(life_->run_until(
      [this] { return life_->deployer().status().instances.front().loaded == count; }));
  ASSERT_TRUE(life_->settle());
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(served("n" + std::to_string(i) + ".example"), "0A01") << i;
}

TEST_F(DeployerTest, WaitsForAnAbsentHaproxy) {
  edge_->stop();
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([this] { return fs::exists(file_of("a.example")); }));
  ASSERT_TRUE(life_->run_until([this] { return list() == file_of("a.example") + "\n"; }));
  EXPECT_FALSE(life_->is_ready("a.example"));
  EXPECT_TRUE(life_->run_until(
      [this] { return !life_->deployer().status().instances.at(0).trouble.empty(); }));
  edge_->start();
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0A01");
  EXPECT_TRUE(life_->is_ready("a.example"));
  EXPECT_EQ(life_->deployer().status().instances.at(0).trouble, "");
}

TEST_F(DeployerTest, SaysOnceThatHaproxyIsAbsent) {
  edge_->stop();
  life_->start();
  int handlers = 0;  // a try to connect takes a few of them
  ASSERT_TRUE(life_->run_until([&handlers] { return ++handlers >= 60; }));
  EXPECT_THAT(life_->heard.failed, SizeIs(1));
}

TEST_F(DeployerTest, CatchesUpWithAHaproxyThatWasRestarted) {
  life_->start();
  issue("a.example", "0A01");
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->settle());
  edge_->stop();
  issue("b.example", "0B02");
  issue("c.example", "0C01");
  remove("a.example");
  edge_->start();
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("b.example"), "0B02");
  EXPECT_EQ(served("c.example"), "0C01");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example").empty(); }));
  EXPECT_TRUE(life_->is_ready("c.example"));
}

TEST_F(DeployerTest, PutsBackWhatSomebodyTookOffTheProcess) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  edge_->stop();
  haproxy::test::write_file(edge_->crt_list(), "");
  edge_->start();
  ASSERT_EQ(served("a.example"), "");
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A01"; }));
}

TEST_F(DeployerTest, OffersAgainWhatHaproxyRefused) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  // The file is gone before HAProxy gets it, and comes back.
  edge_->stop();
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->run_until([this] { return list().find("b.example") != std::string::npos; }));
  haproxy::test::write_file(edge_->crt_list(), file_of("a.example") + "\n");
  fs::rename(file_of("b.example"), file_of("b.example") + ".away");
  edge_->start();
  const auto is_refused = [this] {
    const std::string trouble = life_->deployer().status().instances.at(0).trouble;
    return trouble.find("b.example") != std::string::npos;
  };
  ASSERT_TRUE(life_->run_until(is_refused));
  EXPECT_FALSE(life_->deployer().status().instances.at(0).in_sync);
  fs::rename(file_of("b.example") + ".away", file_of("b.example"));
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("b.example"); }));
  ASSERT_TRUE(life_->run_until([this] { return life_->is_settled(); }));
  EXPECT_EQ(life_->deployer().status().instances.at(0).trouble, "");
}

TEST_F(DeployerTest, GetsPastATransactionThatSomebodyElseLeftOpen) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  const int other = haproxy::test::connect_to(edge_->path("admin.sock"));
  std::string pem = haproxy::test::read_file(file_of("a.example"));
  const std::string command = "new ssl cert /foreign.pem; set ssl cert /foreign.pem <<\n" + pem +
                              (pem.ends_with('\n') ? "\n" : "\n\n");
  ASSERT_EQ(::write(other, command.data(), command.size()), static_cast<ssize_t>(command.size()));
  char reply[4096];
  while (::read(other, reply, sizeof reply) > 0) {
  }
  ::close(other);
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("b.example"); }));
  EXPECT_EQ(served("b.example"), "0B01");
}

TEST_F(DeployerTest, TellsOfACertificateThatTheHaproxysThatAreThereServe) {
  haproxy::test::RealHaproxy away(
      [this](haproxy::StaticConfigOptions& options) { options.crt_list_path = edge_->crt_list(); });
  away.stop();
  life_.reset();
  life_ = std::make_unique<DeployerLife>(open_store(), std::vector{edge_.get(), &away});
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("a.example"); }));
  away.start();
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served(away, "a.example"), "0A01");
  issue("a.example", "0A02");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served(*edge_, "a.example"), "0A02");
  EXPECT_EQ(served(away, "a.example"), "0A02");
}

TEST_F(DeployerTest, GoesOnWithWhatIsLeftWhenAHaproxyGoesAwayBeforeItsProof) {
  auto away = std::make_unique<haproxy::test::RealHaproxy>(
      [this](haproxy::StaticConfigOptions& options) { options.crt_list_path = edge_->crt_list(); });
  life_.reset();
  life_ = std::make_unique<DeployerLife>(open_store(), std::vector{edge_.get(), away.get()});
  life_->start();
  ASSERT_TRUE(life_->settle());
  away->stop();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("a.example"); }));
}

TEST_F(DeployerTest, KeepsServingTheOldCertificateWhileARenewalCannotBeWrittenAfterARestart) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  life_->ask([](Store& store) { return put_certificate(store, "a.example", "0A02").serial; });
  life_.reset();
  auto faulty = std::make_unique<fakes::FaultyStore>(open_store());
  std::atomic<bool> is_broken = true;
  faulty->fate = [&is_broken](std::string_view call) {
    const bool refused = call == "certificate_bundle" && is_broken;
    return refused ? fakes::FaultyStore::Fate::refuse : fakes::FaultyStore::Fate::serve;
  };
  life_ = std::make_unique<DeployerLife>(std::move(faulty), std::vector{edge_.get()});
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return !life_->deployer().status().trouble.empty(); }));
  EXPECT_EQ(list(), file_of("a.example") + "\n");
  edge_->stop();
  edge_->start();
  EXPECT_EQ(served("a.example"), "0A01");
  is_broken = false;
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0A02");
}

TEST_F(DeployerTest, WritesAgainWhatIsServedAndHasLostItsFile) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  fs::remove_all(edge_->path("certificates"));
  fs::remove(edge_->crt_list());
  live();
  life_->start();
  ASSERT_TRUE(life_->settle());
  EXPECT_TRUE(fs::exists(file_of("a.example")));
  EXPECT_EQ(list(), file_of("a.example") + "\n");
}

TEST_F(DeployerTest, NeedsNoSecondProofForWhatWasServedBefore) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return life_->is_settled(); }));
  EXPECT_THAT(life_->heard.served, IsEmpty());
}

TEST_F(DeployerTest, LetsABadPathHoldUpNoOtherCertificateAndHeals) {
  life_->start();
  issue("c.example", "0C01");
  ASSERT_TRUE(life_->settle());
  const fs::path folder = fs::path(file_of("a.example")).parent_path();
  haproxy::test::write_file(folder.string(), "in the way");
  issue("a.example", "0A01");
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("b.example"); }));
  EXPECT_THAT(life_->deployer().status().trouble, HasSubstr(folder.string()));
  EXPECT_EQ(life_->deployer().status().pending, 1U);
  EXPECT_THAT(list(), Not(HasSubstr("a.example")));
  fs::remove(folder);
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "0A01");
  EXPECT_EQ(life_->deployer().status().trouble, "");
}

TEST_F(DeployerTest, LetsACertificateThatIsNotServedHoldUpNoOther) {
  // An operator's certificate of the same name comes first in the list, and wins.
  const Certificate operators =
      life_->ask([](Store& store) { return put_certificate(store, "a.example", "0F0F"); });
  const auto bundle = life_->ask(
      [&operators](Store& store) { return store.certificate_bundle(operators.id).value(); });
  haproxy::test::write_file(edge_->path("operator.pem"), bundle.private_key_pem + bundle.chain_pem);
  haproxy::test::write_file(edge_->crt_list(), edge_->path("operator.pem") + "\n");
  edge_->stop();
  edge_->start();
  life_->start();
  issue("a.example", "0A01");
  issue("y.example", "0201");  // its path comes later
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("y.example"); }));
  EXPECT_FALSE(life_->is_ready("a.example"));
  EXPECT_THAT(life_->deployer().status().instances.at(0).trouble,
              HasSubstr("another certificate is served, serial 0F0F"));
}

/// Holds whoever has connected until it opens.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    arrived_ = true;
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool has_arrived() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool arrived_ = false;
  bool open_ = false;
};

TEST_F(DeployerTest, SurvivesTheRemovalOfAHostnameDuringItsHandshake) {
  Gate gate;
  const fakes::LoopbackServer server([&gate](int) { gate.wait(); });
  life_.reset();
  life_ = std::make_unique<DeployerLife>(
      open_store(),
      std::vector{edge_.get()},
      std::vector<base::Endpoint>{base::TcpEndpoint{"127.0.0.1", server.port()}});
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([&gate] { return gate.has_arrived(); }));
  remove("a.example");
  EXPECT_TRUE(life_->run_until([this] { return !fs::exists(file_of("a.example")); }));
  gate.open();
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("a.example"), "");
  EXPECT_THAT(life_->heard.served, IsEmpty());
}

TEST_F(DeployerTest, CountsAnInstanceWithoutBindsToProveAtByItsListings) {
  life_->start();
  issue("*.a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("www.a.example"), "0A01");
}

TEST_F(DeployerTest, SendsNothingToARestartedHaproxyThatHasEverything) {
  life_->start();
  for (const char* name : {"a.example", "b.example", "c.example"}) issue(name, "0A01");
  ASSERT_TRUE(life_->settle());
  life_.reset();
  for (const char* name : {"a.example", "b.example", "c.example"}) {  // written a while ago
    fs::last_write_time(file_of(name), fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
  edge_->stop();
  edge_->start();
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return life_->is_settled(); }));
  EXPECT_FALSE(life_->heard.commands.contains("show ssl cert NAME"));
  EXPECT_FALSE(life_->heard.commands.contains("set ssl cert"));
  EXPECT_TRUE(life_->heard.commands.contains("show ssl crt-list NAME"));
}

TEST_F(DeployerTest, AsksNothingOfAHaproxyThatRanOnWhileTheAgentWasAway) {
  life_->start();
  for (const char* name : {"a.example", "b.example"}) issue(name, "0A01");
  ASSERT_TRUE(life_->settle());
  live();
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return life_->is_settled(); }));
  EXPECT_FALSE(life_->heard.commands.contains("show ssl cert NAME"));
  EXPECT_FALSE(life_->heard.commands.contains("set ssl cert"));
  // Without the ledger each is asked for, and none is sent again.
  live([](DeployerOptions& options) { options.instances.at(0).ledger_file.clear(); });
  life_->start();
  ASSERT_TRUE(life_->run_until([this] { return life_->is_settled(); }));
  EXPECT_EQ(life_->heard.commands["show ssl cert NAME"], 2u);
  EXPECT_FALSE(life_->heard.commands.contains("set ssl cert"));
}

/// A one-shot command on HAProxy's socket by somebody else.
std::string tell(const haproxy::test::RealHaproxy& edge, const std::string& command) {
  const int fd = haproxy::test::connect_to(edge.path("admin.sock"));
  const std::string line = command + "\n";
  EXPECT_EQ(::write(fd, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  std::string reply;
  char part[4096];
  for (ssize_t n = 0; (n = ::read(fd, part, sizeof part)) > 0;) {
    reply.append(part, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return reply;
}

TEST_F(DeployerTest, PutsBackWhatSomebodyTookOffTheRunningProcess) {
  live([](DeployerOptions& options) {
    options.instances.at(0).reconcile_interval = std::chrono::milliseconds(50);
  });
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  const std::string deleted =
      tell(*edge_, "del ssl crt-list " + edge_->crt_list() + " " + file_of("a.example"));
  ASSERT_THAT(deleted, HasSubstr("deleted in crtlist"));
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A01"; }));
}

TEST_F(DeployerTest, SaysInADryRunWhatDiffersAndMendsItOtherwise) {
  life_->start();
  issue("a.example", "0A01");
  issue("b.example", "0B01");
  ASSERT_TRUE(life_->settle());
  ASSERT_THAT(tell(*edge_, "del ssl crt-list " + edge_->crt_list() + " " + file_of("a.example")),
              HasSubstr("deleted in crtlist"));
  const auto look = [this](Instance::SyncMode mode) {
    return haproxy::test::await(life_->control(), life_->deployer().sync("edge1", mode));
  };
  const auto plan = look(Instance::SyncMode::look_only);
  ASSERT_TRUE(plan && *plan) << plan->error();
  EXPECT_THAT((*plan)->steps,
              ElementsAre(haproxy::DiffStep{haproxy::Action::add, file_of("a.example")}));
  EXPECT_EQ((*plan)->compared, 2u);
  EXPECT_EQ(served("a.example"), "");
  const auto mended = look(Instance::SyncMode::make_good);
  ASSERT_TRUE(mended && *mended);
  ASSERT_TRUE(life_->run_until([this] { return served("a.example") == "0A01"; }));
}

TEST_F(DeployerTest, LeavesAHaproxyToTheAgentThatHasIt) {
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  DeployerLife second(
      std::move(
          SqliteStore::open(sqlite::Connection::open(folder_.path("second.db")).value(), *sealer_)
              .value()),
      std::vector{edge_.get()},
      std::vector<base::Endpoint>{},
      [this](DeployerOptions& options) {
        options.paths.certificate_directory = edge_->path("others");
      });
  second.start();
  const auto trouble = [&second] { return second.deployer().status().instances.at(0).trouble; };
  ASSERT_TRUE(second.run_until([&] { return !trouble().empty(); }));
  EXPECT_THAT(trouble(), HasSubstr("another acme-spoa on this machine"));
  EXPECT_EQ(served("a.example"), "0A01");
  life_.reset();  // and takes over when that one has ended
  EXPECT_TRUE(
      second.run_until([&second] { return second.deployer().status().instances.at(0).connected; }));
}

TEST_F(DeployerTest, LeavesAFolderToTheAgentThatHasIt) {
  life_->start();
  ASSERT_TRUE(life_->settle());
  DeployerLife second(
      std::move(
          SqliteStore::open(sqlite::Connection::open(folder_.path("second.db")).value(), *sealer_)
              .value()),
      std::vector{edge_.get()});
  second.start();
  ASSERT_TRUE(second.run_until([&] { return !second.deployer().status().trouble.empty(); }));
  EXPECT_THAT(second.deployer().status().trouble, HasSubstr("another acme-spoa on this machine"));
}

TEST_F(DeployerTest, SplitsHostnamesOverHaproxysByTheirLabels) {
  haproxy::test::RealHaproxy us;
  life_.reset();
  life_ = std::make_unique<DeployerLife>(
      open_store(),
      std::vector{edge_.get(), &us},
      std::vector<base::Endpoint>{},
      [&us](DeployerOptions& options) {
        options.instances.at(0).labels = {"eu"};
        options.instances.at(1).labels = {"us"};
        options.instances.at(1).crt_list = us.crt_list();
        options.placement = {{"eu.example", {"eu"}}, {"us.example", {"us"}}};
      });
  life_->start();
  issue("www.eu.example", "0E01");
  issue("www.us.example", "0501");
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  EXPECT_EQ(served("www.eu.example"), "0E01");
  EXPECT_EQ(served("www.us.example"), "");
  EXPECT_EQ(served(us, "www.us.example"), "0501");
  EXPECT_EQ(served(us, "www.eu.example"), "");
  EXPECT_EQ(served("a.example"), "0A01");
  EXPECT_EQ(served(us, "a.example"), "0A01");
  EXPECT_THAT(list(), Not(HasSubstr("us.example")));
  EXPECT_THAT(haproxy::test::read_file(us.crt_list()), Not(HasSubstr("eu.example")));
  EXPECT_TRUE(life_->is_ready("www.us.example"));
  us.stop();
  us.start();  // each finds its own on disk
  EXPECT_EQ(served(us, "www.us.example"), "0501");
}

TEST_F(DeployerTest, ProvesThroughAListenerThatWantsTheProxyProtocol) {
  life_.reset();
  edge_ = std::make_unique<haproxy::test::RealHaproxy>(
      std::function<void(haproxy::StaticConfigOptions&)>(), [](std::string& config) {
        const std::size_t at = config.find(" strict-sni");
        ASSERT_NE(at, std::string::npos);
        config.insert(at, " accept-proxy");
      });
  live([](DeployerOptions& options) { options.instances.at(0).proxy = ProxyProtocol::v1; });
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->settle());
  EXPECT_TRUE(life_->is_ready("a.example"));
}

TEST_F(DeployerTest, IsNotHeldUpByAHaproxyThatHangs) {
  haproxy::test::RealHaproxy other;
  Gate gate;
  const fakes::LoopbackServer silent([&gate](int) { gate.wait(); });
  life_.reset();
  life_ = std::make_unique<DeployerLife>(
      open_store(),
      std::vector{edge_.get(), &other},
      std::vector<base::Endpoint>{},
      [&silent](DeployerOptions& options) {
        options.instances.at(1).runtime_api = base::TcpEndpoint{"127.0.0.1", silent.port()};
      });
  life_->start();
  issue("a.example", "0A01");
  ASSERT_TRUE(life_->run_until([this] { return life_->is_ready("a.example"); }));
  EXPECT_TRUE(gate.has_arrived());
  EXPECT_FALSE(life_->deployer().status().instances.at(1).connected);
  gate.open();
}

/// Each call of the store fails once, one run a call: a renewal, a new certificate and a removal.
TEST_F(DeployerTest, LosesNothingWhicheverCallOfTheStoreFails) {
  int calls = 0;
  for (int failing = 1; failing == 1 || calls >= failing - 1; ++failing) {
    const std::string serial = "0A" + std::to_string(10 + failing);
    const std::string name = "n" + std::to_string(failing) + ".example";
    auto faulty = std::make_unique<fakes::FaultyStore>(open_store());
    std::atomic<bool> armed = false;
    calls = 0;
    faulty->fate = [&](std::string_view) {
      const bool fails = armed && ++calls == failing;
      return fails ? fakes::FaultyStore::Fate::refuse : fakes::FaultyStore::Fate::serve;
    };
    life_.reset();
    life_ = std::make_unique<DeployerLife>(std::move(faulty), std::vector{edge_.get()});
    const Certificate renewed =
        life_->ask([&serial](Store& store) { return put_certificate(store, "a.example", serial); });
    life_->ask([&](Store& store) {
      if (failing > 1) remove_hostname(store, "n" + std::to_string(failing - 1) + ".example");
      return put_certificate(store, name, serial).serial;
    });
    armed = true;
    life_->start();
    ASSERT_TRUE(life_->settle()) << "failing call " << failing;
    ASSERT_TRUE(life_->run_until([&] { return served("a.example") == serial; }));
    armed = false;
    EXPECT_EQ(served(name), serial);
    EXPECT_THAT(stored(CertificateSelection::wanted), SizeIs(2)) << "failing call " << failing;
    EXPECT_THAT(life_->heard.served, SizeIs(2)) << "failing call " << failing;
    ASSERT_LT(failing, 100);
  }
  EXPECT_GE(calls, 6);
}

}  // namespace
}  // namespace agent
