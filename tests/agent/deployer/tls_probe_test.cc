#include "agent/deployer/tls_probe.h"

#include <csignal>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/fakes/loopback_server.h"
#include "tests/fakes/tls_identity.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

base::Endpoint loopback(std::uint16_t port) {
  return base::TcpEndpoint{"127.0.0.1", port};
}

/// A TLS server that remembers the last SNI it was asked for.
class TlsServer {
 public:
  explicit TlsServer(const fakes::TlsIdentity& identity) : identity_(identity) {}

  base::Endpoint endpoint() const { return loopback(server_.port()); }
  std::string sni() const {
    const std::lock_guard lock(mutex_);
    return sni_;
  }

 private:
  void serve(int fd) {
    const auto ssl = identity_.accept(fd);
    if (!ssl) return;
    const char* asked = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    sni_ = asked == nullptr ? "" : asked;
  }

  const fakes::TlsIdentity& identity_;
  mutable std::mutex mutex_;
  std::string sni_;  // guarded by mutex_
  fakes::LoopbackServer server_{[this](int fd) { serve(fd); }};
};

class TlsProbeTest : public testing::Test {
 protected:
  TlsProbeTest() { ::signal(SIGPIPE, SIG_IGN); }

  const base::WallTime now_ = base::SystemClock().wall();
  const fakes::TestCa ca_{now_};
  const fakes::TlsIdentity identity_{ca_,
                                     {{"a.example"}, now_ - 1h, now_ + 1h, {}, "0f00badcafe0"}};
};

TEST_F(TlsProbeTest, SeesFingerprintAndSerialOfTheLeaf) {
  const TlsServer server(identity_);
  const auto served = probe_tls(server.endpoint(), name("a.example"), 5s);
  ASSERT_TRUE(served) << served.error();
  EXPECT_EQ(served->fingerprint, identity_.fingerprint());
  EXPECT_EQ(served->serial, "0F00BADCAFE0");
}

TEST_F(TlsProbeTest, DoesNotMindWhoSignedItOrForWhichName) {
  const fakes::TlsIdentity expired(ca_, {{"other.example"}, now_ - 2h, now_ - 1h});
  const TlsServer server(expired);
  const auto served = probe_tls(server.endpoint(), name("a.example"), 5s);
  ASSERT_TRUE(served) << served.error();
  EXPECT_EQ(served->fingerprint, expired.fingerprint());
}

TEST_F(TlsProbeTest, AsksForTheCertificateOfAnAlgorithm) {
  const fakes::LeafWish wish{{"a.example"}, now_ - 1h, now_ + 1h};
  const fakes::TlsIdentity rsa(ca_, wish, acme::PkeyPtr(EVP_RSA_gen(2048)));
  fakes::TlsIdentity both(ca_, wish);
  const std::string ecdsa_fingerprint = both.fingerprint();
  both.add(rsa);
  const TlsServer server(both);
  const auto ask = [&server](KeyAlgorithm key) {
    return probe_tls(server.endpoint(), name("a.example"), 5s, ProxyProtocol::none, key);
  };
  EXPECT_EQ(ask(KeyAlgorithm::rsa)->fingerprint, rsa.fingerprint());
  EXPECT_EQ(ask(KeyAlgorithm::ecdsa)->fingerprint, ecdsa_fingerprint);
  const TlsServer only_rsa(rsa);
  EXPECT_FALSE(probe_tls(
      only_rsa.endpoint(), name("a.example"), 5s, ProxyProtocol::none, KeyAlgorithm::ecdsa));
}

TEST_F(TlsProbeTest, AsksForTheNameAsSni) {
  std::string sni;
  {
    const TlsServer server(identity_);
    ASSERT_TRUE(probe_tls(server.endpoint(), name("www.a.example"), 5s));
    // TLS 1.3 is done for the client first: what the server saw is read when it has ended.
    while ((sni = server.sni()).empty()) std::this_thread::yield();
  }
  EXPECT_EQ(sni, "www.a.example");
}

TEST_F(TlsProbeTest, AsksForANameBelowAWildcard) {
  std::string sni;
  {
    const TlsServer server(identity_);
    ASSERT_TRUE(probe_tls(server.endpoint(), name("*.a.example"), 5s));
    while ((sni = server.sni()).empty()) std::this_thread::yield();
  }
  EXPECT_TRUE(sni.ends_with(".a.example")) << sni;
  EXPECT_EQ(sni.find('*'), std::string::npos);
  EXPECT_EQ(std::count(sni.begin(), sni.end(), '.'), 2) << "a wildcard covers one label";
}

TEST_F(TlsProbeTest, SaysThatNobodyListens) {
  const fakes::ClosedPort port;
  const auto served = probe_tls(loopback(port.port()), name("a.example"), 5s);
  ASSERT_FALSE(served);
  EXPECT_THAT(served.error(), HasSubstr("connect: Connection refused"));
}

TEST_F(TlsProbeTest, DoesNotWaitForEverForAServerThatNeverAnswers) {
  const fakes::LoopbackServer server(fakes::wait_for_the_end);
  const auto began = std::chrono::steady_clock::now();
  const auto served = probe_tls(loopback(server.port()), name("a.example"), 100ms);
  ASSERT_FALSE(served);
  EXPECT_THAT(served.error(), HasSubstr("TLS handshake"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(TlsProbeTest, SaysWhenTheServerHangsUp) {
  const fakes::LoopbackServer server([](int) {});
  const auto served = probe_tls(loopback(server.port()), name("a.example"), 5s);
  ASSERT_FALSE(served);
  EXPECT_NE(served.error(), "");
}

TEST_F(TlsProbeTest, SaysWhenTheServerDoesNotSpeakTls) {
  const fakes::LoopbackServer server([](int fd) {
    const std::string text = "SSH-2.0-OpenSSH_9.2\r\n";
    EXPECT_GT(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), 0);
    fakes::wait_for_the_end(fd);
  });
  const auto served = probe_tls(loopback(server.port()), name("a.example"), 5s);
  ASSERT_FALSE(served);
  EXPECT_THAT(served.error(), HasSubstr("TLS handshake: error:"));
}

}  // namespace
}  // namespace agent
