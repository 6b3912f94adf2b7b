// The agent with a real HAProxy in front of it.

#include <thread>

#include <gmock/gmock.h>

#include "spop/asio/server.h"
#include "tests/spop/asio/haproxy_process.h"
#include "tests/spop/asio/temporary_folder.h"
#include "tests/spop/asio/test_handler.h"

namespace spop_tests {
namespace {

using testing::HasSubstr;

class Haproxy : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_haproxy_installed()) GTEST_SKIP() << "no haproxy on this machine";
  }

  /// Listens and starts; returns the address as HAProxy spells it.
  std::string start(const base::Endpoint& endpoint) {
    const auto bound = server_.listen(endpoint);
    EXPECT_TRUE(bound) << bound.error().message();
    server_.start();
    return base::to_string(*bound);
  }

  TestHandler handler_;
  base::NullLog log_;
  spop::Server server_{{}, handler_, log_};
};

TEST_F(Haproxy, GetsItsAnswerOverTcp) {
  const HaproxyProcess haproxy(start(base::TcpEndpoint{"127.0.0.1", 0}));
  EXPECT_THAT(haproxy.get("example.org", "/a"), HasSubstr("answer=example.org:/a error="));
  EXPECT_THAT(haproxy.get("example.net", "/b"), HasSubstr("answer=example.net:/b error="));
}

TEST_F(Haproxy, GetsItsAnswerOverAUnixSocket) {
  const TemporaryFolder folder;
  const HaproxyProcess haproxy(start(base::UnixEndpoint{folder / "agent.sock"}));
  EXPECT_THAT(haproxy.get("example.org", "/a"), HasSubstr("answer=example.org:/a error="));
}

TEST_F(Haproxy, GetsItsAnswerOverAnAbstractSocket) {
  const std::string name = "spop-test-" + std::to_string(::getpid());
  const HaproxyProcess haproxy(start(base::AbstractEndpoint{name}));
  EXPECT_THAT(haproxy.get("example.org", "/a"), HasSubstr("answer=example.org:/a error="));
}

TEST_F(Haproxy, FindsTheAgentHealthy) {
  const HaproxyProcess haproxy(start(base::TcpEndpoint{"127.0.0.1", 0}));
  while (server_.counters().healthchecks < 3) std::this_thread::yield();
  EXPECT_THAT(haproxy.command("show servers state agents"), HasSubstr(" agent 127.0.0.1 2 "));
  EXPECT_EQ(server_.counters().connections_refused, 0U);
}

TEST_F(Haproxy, SaysGoodbyeWhenItStops) {
  HaproxyProcess haproxy(start(base::TcpEndpoint{"127.0.0.1", 0}));
  EXPECT_THAT(haproxy.get("example.org", "/a"), HasSubstr("answer=example.org:/a error="));
  haproxy.stop_softly();
  while (server_.counters().connections_open() > 0) std::this_thread::yield();
  EXPECT_GE(server_.counters().disconnects_received[0], 1U);
}

}  // namespace
}  // namespace spop_tests
