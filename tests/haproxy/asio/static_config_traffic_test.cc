// The rendered configuration under traffic: HAProxy 2.6, an agent in all its moods, an application.

#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/asio/runtime_session.h"
#include "tests/haproxy/asio/await.h"
#include "tests/haproxy/asio/real_haproxy.h"
#include "tests/haproxy/asio/scripted_agent.h"
#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* known = "/.well-known/acme-challenge/known-token";
constexpr const char* foreign = "/.well-known/acme-challenge/of-a-customer";

/// Answers every request with its name and the request's path; in a thread of its own.
class Application {
 public:
  Application(const std::string& path, std::string name) : name_(std::move(name)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_, 64) != 0)
      throw std::runtime_error("the application cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

 private:
  void serve() {
    for (int fd = ::accept(listener_, nullptr, nullptr); fd >= 0;
         fd = ::accept(listener_, nullptr, nullptr)) {
      char buffer[4096];
      const ssize_t n = ::read(fd, buffer, sizeof(buffer));
      const std::string request(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
      const std::string body = name_ + " " + request.substr(0, request.find("\r\n"));
      const std::string reply =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\nConnection: close\r\n\r\n" + body;
      (void)::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  }

  std::string name_;
  int listener_ = -1;
  std::thread thread_;
};

class StaticConfigUnderTraffic : public ::testing::TestWithParam<Placement> {
 protected:
  void SetUp() override {
    if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
  }
  void TearDown() override {
    if (HasFailure() && haproxy_) std::cerr << haproxy_->output();
  }

  /// The agent first: HAProxy looks for it at once.
  void start(std::optional<test::AgentManner> manner) {
    if (manner) agent_ = std::make_unique<test::ScriptedAgent>(agent_name_, *manner);
    haproxy_.emplace([&](StaticConfigOptions& options) {
      options.place = GetParam();
      options.spop = {base::AbstractEndpoint{agent_name_}};
      options.application = "unix@" + folder_.path("application.sock");
      options.foreign_tokens = "unix@" + folder_.path("customer.sock");
    });
  }

  /// The whole response to a GET over plain HTTP.
  std::string get(const std::string& host, const std::string& path) const {
    const int fd = test::connect_to(haproxy_->http());
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
    (void)::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::string response;
    char buffer[4096];
    for (ssize_t n = 1; n > 0;) {
      n = ::read(fd, buffer, sizeof(buffer));
      if (n > 0) response.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return response;
  }
  /// Where the placement sends a token that is not ours.
  std::string server_of_foreign_tokens() const {
    return GetParam() == Placement::backend ? "customer" : "application";
  }
  /// However the agent behaves, requests reach the application, none later than the timeout and
  /// some time for a busy machine.
  void expect_traffic_to_go_on() {
    for (int i = 0; i < 5; ++i) {
      const auto start = steady_clock::now();
      EXPECT_THAT(get("secure.example", "/shop"), HasSubstr("application GET /shop"));
      EXPECT_THAT(get("a.example", known), HasSubstr(server_of_foreign_tokens() + " GET"));
      EXPECT_LT(steady_clock::now() - start, 2 * milliseconds(250) + milliseconds(2000));
    }
  }

  test::TempFolder folder_;
  std::string agent_name_ = "haproxy-test-" + std::to_string(::getpid()) + "-" +
                            folder_.path().substr(folder_.path().size() - 6);
  Application application_{folder_.path("application.sock"), "application"};
  Application customer_{folder_.path("customer.sock"), "customer"};
  std::unique_ptr<test::ScriptedAgent> agent_;
  std::optional<test::RealHaproxy> haproxy_;
};

TEST_P(StaticConfigUnderTraffic, AnswersAChallengeWhoseTokenIsOurs) {
  start(test::AgentManner::answers);
  const std::string response = get("a.example", known);
  EXPECT_THAT(response, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(response, HasSubstr("content-type: text/plain"));
  EXPECT_TRUE(response.ends_with("\r\n\r\nknown-token.thumbprint")) << response;
}

TEST_P(StaticConfigUnderTraffic, LeavesAForeignTokenToTheCustomersOwnClient) {
  start(test::AgentManner::answers);
  const std::string response = get("secure.example", foreign);
  EXPECT_THAT(response, HasSubstr(server_of_foreign_tokens() + " GET " + foreign));
  EXPECT_EQ(agent_->questions(), 1);
}

TEST_P(StaticConfigUnderTraffic, AnswersAChallengeOfAHostThatIsRedirectedOtherwise) {
  start(test::AgentManner::answers);
  EXPECT_THAT(get("secure.example", known), HasSubstr("known-token.thumbprint"));
}

TEST_P(StaticConfigUnderTraffic, RedirectsPlainHttpOfAHostWithACertificate) {
  start(test::AgentManner::answers);
  const std::string response = get("secure.example:80", "/shop?a=1&b=/x");
  EXPECT_THAT(response, HasSubstr("HTTP/1.1 301"));
  EXPECT_THAT(response, HasSubstr("location: https://secure.example/shop?a=1&b=/x\r\n"));
}

TEST_P(StaticConfigUnderTraffic, ServesPlainHttpOfAHostWithoutOne) {
  start(test::AgentManner::answers);
  const std::string response = get("new.example", "/shop");
  EXPECT_THAT(response, HasSubstr("application GET /shop"));
  EXPECT_THAT(response, Not(HasSubstr("301")));
}

TEST_P(StaticConfigUnderTraffic, SurvivesHostileHostsAndPaths) {
  start(test::AgentManner::answers);
  EXPECT_THAT(get(std::string(7000, 'x'), "/shop"), HasSubstr("application GET /shop"));
  EXPECT_THAT(get("a.example", foreign + std::string(7000, 'x')),
              HasSubstr(server_of_foreign_tokens() + " GET"));
}

TEST_P(StaticConfigUnderTraffic, GoesOnWhenNoAgentListens) {
  start(std::nullopt);
  expect_traffic_to_go_on();
}

TEST_P(StaticConfigUnderTraffic, GoesOnWhenTheAgentHangs) {
  start(test::AgentManner::hangs);
  expect_traffic_to_go_on();
  EXPECT_GT(agent_->questions(), 0);
}

TEST_P(StaticConfigUnderTraffic, GoesOnWhenTheAgentClosesInsteadOfAnswering) {
  start(test::AgentManner::closes);
  expect_traffic_to_go_on();
  EXPECT_GT(agent_->questions(), 0);
}

TEST_P(StaticConfigUnderTraffic, GoesOnWhenTheAgentDiesInTheMiddleOfAnAnswer) {
  start(test::AgentManner::dies_mid_answer);
  expect_traffic_to_go_on();
  EXPECT_GT(agent_->questions(), 0);
}

TEST_P(StaticConfigUnderTraffic, GoesOnWhenTheAgentSendsGarbage) {
  start(test::AgentManner::sends_garbage);
  expect_traffic_to_go_on();
  EXPECT_GT(agent_->questions(), 0);
}

TEST_P(StaticConfigUnderTraffic, AsksAgainOnceTheAgentIsBack) {
  start(test::AgentManner::answers);
  EXPECT_THAT(get("a.example", known), HasSubstr("known-token.thumbprint"));
  agent_.reset();
  EXPECT_THAT(get("a.example", known), HasSubstr(server_of_foreign_tokens() + " GET"));
  agent_ = std::make_unique<test::ScriptedAgent>(agent_name_, test::AgentManner::answers);
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);  // a check or two
  std::string response;
  while (response.find("known-token.thumbprint") == std::string::npos &&
         steady_clock::now() < deadline)
    response = get("a.example", known);
  EXPECT_THAT(response, HasSubstr("known-token.thumbprint"));
}

INSTANTIATE_TEST_SUITE_P(Placed,
                         StaticConfigUnderTraffic,
                         ::testing::Values(Placement::frontend, Placement::backend),
                         [](const auto& parameter) {
                           return std::string(to_string(parameter.param));
                         });

}  // namespace
}  // namespace haproxy
