// The agent with a real HAProxy in front of it.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "spop/asio/server.h"
#include "tests/spop/asio/haproxy_process.h"
#include "tests/spop/asio/temporary_folder.h"
#include "tests/spop/asio/test_handler.h"

namespace spop_tests {
namespace {

using testing::Contains;
using testing::ContainsRegex;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

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

// With one thread HAProxy has one connection to the agent here, and says nothing on it between an
// answer and the goodbye behind it. (A goodbye to a quiet connection can cross a NOTIFY, which
// HAProxy then gives up: SPOP has no way to announce an end. Hence no quiet in this test.)
TEST_F(Haproxy, LosesNoAnswerWhenTheAgentStops) {
  spop::ServerOptions options;
  options.connection.stop_quiet = std::chrono::minutes(1);
  spop::Server server(options, handler_, log_);
  const auto bound = server.listen(base::TcpEndpoint{"127.0.0.1", 0});
  ASSERT_TRUE(bound);
  server.start();
  const HaproxyProcess haproxy(base::to_string(*bound), 1);
  std::atomic<bool> stopped = false;
  std::vector<std::string> responses;
  std::thread client([&] {
    while (!stopped) responses.push_back(haproxy.get("example.org", "/a"));
  });
  while (server.counters().acks < 50) std::this_thread::yield();
  server.stop(std::chrono::milliseconds(20));
  server.wait();
  stopped = true;
  client.join();
  // 256 and above would be a connection lost with a NOTIFY on it; below is "no agent there".
  EXPECT_THAT(responses, Each(Not(ContainsRegex("error=[0-9][0-9][0-9]"))));
  EXPECT_THAT(responses, Contains(HasSubstr("answer=example.org:/a error=")));
  EXPECT_EQ(server.counters().notifies, server.counters().acks);
  EXPECT_GE(server.counters().disconnects_sent[0], 1U);
}

TEST_F(Haproxy, FindsItsAgentAgainAfterARestart) {
  const std::string address = start(base::TcpEndpoint{"127.0.0.1", 0});
  const HaproxyProcess haproxy(address);
  EXPECT_THAT(haproxy.get("example.org", "/a"), HasSubstr("answer=example.org:/a error="));
  server_.stop(std::chrono::milliseconds(0));
  server_.wait();
  spop::Server next({}, handler_, log_);
  ASSERT_TRUE(next.listen(*base::parse_endpoint(address)));
  next.start();
  while (next.counters().healthchecks == 0) std::this_thread::yield();
  EXPECT_THAT(haproxy.get("example.org", "/b"), HasSubstr("answer=example.org:/b error="));
}

}  // namespace
}  // namespace spop_tests
