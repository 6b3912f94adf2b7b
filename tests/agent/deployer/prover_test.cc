#include "agent/deployer/prover.h"

#include <atomic>
#include <csignal>
#include <set>

#include <gmock/gmock.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/loopback_server.h"
#include "tests/fakes/tls_identity.h"
#include "tests/haproxy/test_process.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Wants one certificate under many paths, and counts what a TLS server that shows it is asked.
class ProverTest : public testing::Test, protected ProofListener {
 protected:
  ProverTest() { ::signal(SIGPIPE, SIG_IGN); }
  ~ProverTest() override { pool_.join(); }

  const WantedCertificate* wanted_at(std::string_view path) const override {
    const auto found = wanted_.find(path);
    return found == wanted_.end() ? nullptr : &found->second;
  }
  bool is_busy() const override { return is_busy_; }
  void proven(const std::string& path, CertificateId) override { proven_.insert(path); }
  void not_proven(const std::string&, const WantedCertificate&, const std::string& why) override {
    failures_.push_back(why);
  }

  void want(const std::string& path, const std::string& fingerprint) {
    wanted_.insert_or_assign(path,
                             WantedCertificate{CertificateId(1),
                                               haproxy::Fingerprint(fingerprint),
                                               *base::DomainName::parse("a.example")});
  }
  ProofOptions options() const {
    ProofOptions options;
    options.binds = {base::TcpEndpoint{"127.0.0.1", server_.port()}};
    options.interval = 10ms;
    return options;
  }
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!done() && std::chrono::steady_clock::now() < deadline) control_.run_one_for(20ms);
    return done();
  }

  const base::WallTime now_ = base::SystemClock().wall();
  const fakes::TestCa ca_{now_};
  const fakes::TlsIdentity identity_{ca_, {{"a.example"}, now_ - 1h, now_ + 1h}};
  std::atomic<int> handshakes_ = 0;
  fakes::LoopbackServer server_{[this](int fd) {
    ++handshakes_;
    static_cast<void>(identity_.accept(fd));
  }};
  WantedCertificates wanted_;
  std::set<std::string> proven_;
  std::vector<std::string> failures_;
  bool is_busy_ = false;
  base::NullLog log_;
  base::SystemClock clock_;
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_{1};
};

TEST_F(ProverTest, LetsASampleSpeakForManyThatCameTogether) {
  Prover prover(options(), pool_, clock_, *this);
  for (int i = 0; i < 1'000; ++i) {
    want("/c/" + std::to_string(i), identity_.fingerprint());
    prover.add("/c/" + std::to_string(i));
  }
  base::asio::co_spawn(control_, prover.run(), base::log_failure(log_, "prover"));
  ASSERT_TRUE(run_until([this] { return proven_.size() == 1'000; }));
  EXPECT_EQ(handshakes_, 100);
  EXPECT_EQ(prover.waiting(), 0u);
  EXPECT_TRUE(prover.last_proof());
}

TEST_F(ProverTest, AsksForFewerWhileManyChangesAreUnderWay) {
  Prover prover(options(), pool_, clock_, *this);
  is_busy_ = true;
  for (int i = 0; i < 1'000; ++i) {
    want("/c/" + std::to_string(i), identity_.fingerprint());
    prover.add("/c/" + std::to_string(i));
  }
  base::asio::co_spawn(control_, prover.run(), base::log_failure(log_, "prover"));
  ASSERT_TRUE(run_until([this] { return proven_.size() == 1'000; }));
  EXPECT_EQ(handshakes_, 5);
}

TEST_F(ProverTest, AsksForEachWhenOneOfTheSampleIsNotServed) {
  Prover prover(options(), pool_, clock_, *this);
  for (int i = 0; i < 300; ++i) {
    want("/c/" + std::to_string(i), i == 0 ? std::string(40, 'F') : identity_.fingerprint());
    prover.add("/c/" + std::to_string(i));
  }
  base::asio::co_spawn(control_, prover.run(), base::log_failure(log_, "prover"));
  ASSERT_TRUE(run_until([this] { return proven_.size() == 299; }));
  EXPECT_FALSE(proven_.contains("/c/0"));
  EXPECT_THAT(failures_.front(), HasSubstr("another certificate is served"));
  EXPECT_THAT(prover.trouble(), HasSubstr("/c/0: "));
  pool_.join();  // of the handshake that is under way
}

TEST_F(ProverTest, ComparesTheChainWithTheFile) {
  const haproxy::test::TempFolder folder;
  const std::string path = folder.path("a.pem");
  want(path, identity_.fingerprint());
  haproxy::test::write_file(path, identity_.key_pem() + identity_.chain_pem());
  EXPECT_EQ(prove(options(), path, wanted_.at(path)), "");
  haproxy::test::write_file(path, identity_.key_pem() + identity_.chain_pem() + ca_.root_pem());
  EXPECT_THAT(prove(options(), path, wanted_.at(path)),
              HasSubstr("another chain: 2 certificates instead of the file's 3"));
}

TEST_F(ProverTest, NeedsEveryBind) {
  ProofOptions both = options();
  const fakes::ClosedPort closed;
  both.binds.push_back(base::TcpEndpoint{"127.0.0.1", closed.port()});
  want("/c/a", identity_.fingerprint());
  EXPECT_THAT(prove(both, "/c/a", wanted_.at("/c/a")), HasSubstr("connect: Connection refused"));
}

}  // namespace
}  // namespace agent
