#include "agent/deployer/instance.h"

#include <atomic>
#include <csignal>
#include <mutex>

#include <gmock/gmock.h>

#include "tests/fakes/loopback_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

/// One connection to a HAProxy 3.4 whose certificate lock is jammed (haproxy, trap of 3.4): what
/// needs the lock is refused, in 3.4's words.
void serve_jammed(int fd) {
  std::string input;
  char byte = 0;
  while (::read(fd, &byte, 1) == 1) {
    if (byte != '\n') {
      input += byte;
      continue;
    }
    std::string reply = "\n> ";
    if (input == "show info") {
      reply = "Version: 3.4.0\nPid: 7\nUptime_sec: 9\nStopping: 0\n\n> ";
    } else if (input.starts_with("show ssl")) {
      reply = "Can't show!\nOperations on certificates are currently locked!\n\n> ";
    }
    input.clear();
    if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
  }
}

class Heard final : public InstanceListener {
 public:
  void certificate_loaded(const Instance&, const std::string&) override {}
  void certificate_proven(const Instance&, const std::string&) override {}
  void sync_changed(const Instance&) override {}
  void command_failed(const Instance&, const haproxy::RuntimeError&) override {}
  void command_done(const Instance&, std::string_view, std::chrono::microseconds) override {}
  void incident(const Instance&, InstanceIncident what, const std::string&) override {
    incidents.push_back(what);
  }
  std::vector<InstanceIncident> incidents;
};

class JammedHaproxy : public testing::Test {
 protected:
  JammedHaproxy() { ::signal(SIGPIPE, SIG_IGN); }
  ~JammedHaproxy() override { pool_.join(); }

  std::unique_ptr<Instance> make(InstanceOptions options) {
    options.name = "edge";
    options.runtime_api = base::TcpEndpoint{"127.0.0.1", runtime_.port()};
    Instance::Parts parts{wanted_,
                          placement_,
                          0,
                          *haproxy::CrtListName::parse("/c/list.txt"),
                          "/c/",
                          pool_,
                          pool_,
                          clock_,
                          log_,
                          heard_};
    return std::make_unique<Instance>(std::move(options), std::move(parts));
  }
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 40s;
    while (!done() && std::chrono::steady_clock::now() < deadline) control_.run_one_for(20ms);
    return done();
  }

  fakes::LoopbackServer runtime_{serve_jammed};
  WantedCertificates wanted_;
  Placement placement_{{}, {{}}};
  base::NullLog log_;
  base::SystemClock clock_;
  Heard heard_;
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_{1};
};

TEST_F(JammedHaproxy, IsRecognisedAndReloadedThroughItsMaster) {
  std::mutex mutex;
  std::string asked;  // guarded by mutex
  const fakes::LoopbackServer master([&](int fd) {
    char bytes[100];
    const ssize_t n = ::read(fd, bytes, sizeof bytes);
    const std::lock_guard lock(mutex);
    asked.append(bytes, n > 0 ? static_cast<std::size_t>(n) : 0);
    EXPECT_GT(::send(fd, "Success=1\n--\n", 13, MSG_NOSIGNAL), 0);
  });
  InstanceOptions options;
  options.master = base::TcpEndpoint{"127.0.0.1", master.port()};
  options.when_jammed = WhenJammed::reload;
  const auto instance = make(std::move(options));
  base::asio::co_spawn(control_, instance->run(), base::log_failure(log_, "instance"));
  const auto is_reloaded = [this] {
    return !heard_.incidents.empty() && heard_.incidents.back() == InstanceIncident::reloaded;
  };
  ASSERT_TRUE(run_until(is_reloaded));
  EXPECT_THAT(heard_.incidents, Contains(InstanceIncident::jammed));
  EXPECT_TRUE(instance->status().jammed);
  EXPECT_THAT(instance->status().trouble, HasSubstr("until HAProxy is reloaded"));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(asked, "reload\n");
}

}  // namespace
}  // namespace agent
