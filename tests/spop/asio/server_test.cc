#include "spop/asio/server.h"

#include <deque>
#include <fstream>
#include <mutex>
#include <sys/stat.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/spop/asio/client.h"
#include "tests/spop/asio/no_more_descriptors.h"
#include "tests/spop/asio/recording_log.h"
#include "tests/spop/asio/temporary_folder.h"
#include "tests/spop/asio/test_handler.h"

namespace spop_tests {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using Bytes = std::vector<std::byte>;

const base::TcpEndpoint any_port{"127.0.0.1", 0};

/// Waits for something that another thread makes true; the test's own timeout is the limit.
template <class Condition>
void wait_until(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

class ServerTest : public testing::Test {
 protected:
  /// Listens and starts.
  base::Endpoint start(const base::Endpoint& endpoint = any_port) {
    server_.emplace(options_, handler(), log_);
    const auto bound = server_->listen(endpoint);
    if (!bound) throw std::system_error(bound.error());
    server_->start();
    return *bound;
  }
  virtual spop::Handler& handler() { return handler_; }

  spop::ServerOptions options_;
  TestHandler handler_;
  RecordingLog log_;
  std::optional<spop::Server> server_;
};

// ---- the three transports

class Transport : public ServerTest, public testing::WithParamInterface<const char*> {
 protected:
  base::Endpoint endpoint() const {
    const std::string kind = GetParam();
    if (kind == "Unix") return base::UnixEndpoint{folder_ / "agent.sock"};
    if (kind == "Abstract") return base::AbstractEndpoint{"spop-" + std::to_string(::getpid())};
    return any_port;
  }
  TemporaryFolder folder_;
};

TEST_P(Transport, CarriesNotifiesAndAcks) {
  options_.workers = 2;
  const base::Endpoint agent = start(endpoint());
  Client first(agent);
  Client second(agent);
  first.send_notify(0, "example.org", "/a");
  second.send_notify(0, "example.net", "/b");
  EXPECT_EQ(second.receive_answer(0), "example.net:/b");
  EXPECT_EQ(first.receive_answer(0), "example.org:/a");
}

INSTANTIATE_TEST_SUITE_P(Server,
                         Transport,
                         testing::Values("Tcp", "Unix", "Abstract"),
                         [](const auto& test) { return std::string(test.param); });

// ---- unix socket files

TEST_F(ServerTest, ReplacesASocketFileThatNobodyListensOn) {
  const TemporaryFolder folder;
  const base::UnixEndpoint local{folder / "agent.sock"};
  {
    base::asio::io_context io;
    base::asio::basic_socket_acceptor<base::StreamProtocol> dead(io, base::to_asio(local));
  }
  start(local);
  Client client(local);
  client.send_notify(1, "a", "/");
  EXPECT_EQ(client.receive_answer(1), "a:/");
}

TEST_F(ServerTest, LeavesASocketFileThatSomebodyListensOn) {
  const TemporaryFolder folder;
  const base::UnixEndpoint local{folder / "agent.sock"};
  start(local);
  spop::Server second({}, handler_, log_);
  const auto refused = second.listen(local);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), std::errc::address_in_use);
  Client client(local);
}

TEST_F(ServerTest, LeavesAFileThatIsNoSocket) {
  const TemporaryFolder folder;
  const std::string path = folder / "precious";
  std::ofstream(path) << "data";
  spop::Server server({}, handler_, log_);
  EXPECT_FALSE(server.listen(base::UnixEndpoint{path}));
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ServerTest, GivesTheSocketFileTheModeAskedFor) {
  const TemporaryFolder folder;
  const std::string path = folder / "agent.sock";
  options_.unix_mode = 0666;
  start(base::UnixEndpoint{path});
  struct ::stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
}

// ---- peers

TEST_F(ServerTest, TakesEofAndResetForNormalEnds) {
  const base::Endpoint agent = start();
  Client(agent).reset();
  { const Client closed(agent); }
  Client(agent, Client::Greeting::no).reset();
  { const Client silent(agent, Client::Greeting::no); }
  wait_until([&] {
    return server_->counters().connections_accepted == 4 &&
           server_->counters().connections_open() == 0;
  });
  EXPECT_EQ(server_->counters().connections_refused, 0U);
}

TEST_F(ServerTest, SurvivesAResetAfterEveryByte) {
  const base::Endpoint agent = start();
  Bytes bytes = hello_frame();
  const Bytes notify = notify_frame(1, "a", "/");
  bytes.insert(bytes.end(), notify.begin(), notify.end());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    Client client(agent, Client::Greeting::no);
    client.send(std::span(bytes).first(size));
    client.reset();
  }
  wait_until([&] {
    return server_->counters().connections_accepted == bytes.size() + 1 &&
           server_->counters().connections_open() == 0;
  });
  Client next(agent);
  next.send_notify(1, "a", "/");
  EXPECT_EQ(next.receive_answer(1), "a:/");
}

TEST_F(ServerTest, RefusesABadHelloAfterAPause) {
  options_.connection.refusal_pause = 20ms;
  const base::Endpoint agent = start();
  Client client(agent, Client::Greeting::no);
  const auto before = std::chrono::steady_clock::now();
  client.send_notify(1, "a", "/");
  EXPECT_EQ(client.receive_disconnect(), 4U);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 20ms);
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_F(ServerTest, WarnsOfABrokenPeerOnce) {
  const base::Endpoint agent = start();
  for (int i = 0; i < 3; ++i) {
    Client client(agent);
    client.send(Bytes(4));
    EXPECT_EQ(client.receive_disconnect(), 4U);
    EXPECT_FALSE(client.receive());
  }
  wait_until([&] { return server_->counters().connections_open() == 0; });
  EXPECT_EQ(log_.count("peer broke the protocol"), 1);
}

TEST_F(ServerTest, ClosesAConnectionThatSendsNoHello) {
  options_.connection.hello_timeout = 10ms;
  const base::Endpoint agent = start();
  Client client(agent, Client::Greeting::no);
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_F(ServerTest, ClosesAnIdleConnection) {
  options_.connection.idle_timeout = 10ms;
  const base::Endpoint agent = start();
  Client client(agent);
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_F(ServerTest, DeliversADisconnectAlthoughThePeerGoesOnSending) {
  const base::Endpoint agent = start();
  Client client(agent);
  const Bytes zero_length(4);
  client.send(zero_length);
  boost::system::error_code ignored;
  const Bytes more(100'000);
  base::asio::write(client.socket(), base::asio::buffer(more), ignored);
  EXPECT_EQ(client.receive_disconnect(), 4U);
}

TEST_F(ServerTest, ClosesAPeerThatSendsAndNeverReads) {
  options_.connection.write_timeout = 20ms;
  const base::Endpoint agent = start();
  Client client(agent);
  const std::string path(1'000, 'x');
  // Were the agent to read on without end, so would this.
  EXPECT_THROW(for (;;) client.send_notify(1, "a", path), std::exception);
}

TEST_F(ServerTest, LosesNothingOnASlowReader) {
  const base::Endpoint agent = start();
  Client client(agent);
  const std::string path(1'000, 'x');
  constexpr std::uint64_t count = 20'000;  // more than the sockets' buffers hold
  std::thread sender([&] {
    for (std::uint64_t id = 0; id < count; ++id) client.send_notify(id, "a", path);
  });
  wait_until([&] { return server_->counters().acks > 1'000; });
  for (std::uint64_t id = 0; id < count; ++id) EXPECT_EQ(client.receive_answer(id), "a:" + path);
  sender.join();
}

TEST_F(ServerTest, AnswersFramesThatArriveByteByByte) {
  const base::Endpoint agent = start();
  Client client(agent);
  const Bytes notify = notify_frame(5, "a", "/");
  for (const std::byte& each : notify) client.send({&each, 1});
  EXPECT_EQ(client.receive_answer(5), "a:/");
}

// ---- limits

TEST_F(ServerTest, AcceptsNoMoreConnectionsThanItsLimit) {
  options_.max_connections = 2;
  const base::Endpoint agent = start();
  std::optional<Client> first(agent);
  const Client second(agent);
  Client third(agent, Client::Greeting::no);  // waits in the kernel's backlog
  third.send_hello();
  wait_until([&] { return log_.contains("too many connections, accepting no more"); });
  EXPECT_EQ(server_->counters().connections_accepted, 2U);
  first.reset();
  EXPECT_EQ(third.receive()->type, spop::FrameType::agent_hello);
}

/// UBSan needs a descriptor to look at the type of an object for the first time.
[[gnu::noinline]] void use_types_once(base::Log& log) {
  const boost::system::error_code none = base::asio::error::no_descriptors;
  log.info("the test begins", {{"error", std::error_code(none)}});
}

TEST_F(ServerTest, GoesOnWhenDescriptorsAreThereAgain) {
  const base::Endpoint agent = start();
  use_types_once(log_);
  ASSERT_FALSE(log_.contains("cannot accept connections"));
  Client client(agent);  // has an open socket already
  client.send_notify(0, "a", "/");
  EXPECT_EQ(client.receive_answer(0), "a:/");
  base::asio::io_context io;
  base::asio::basic_stream_socket<base::StreamProtocol> socket(io, base::to_asio(agent).protocol());
  {
    const NoMoreDescriptors exhausted;
    socket.connect(base::to_asio(agent));
    wait_until([&] { return log_.contains("cannot accept connections"); });
    client.send_notify(1, "a", "/");
    EXPECT_EQ(client.receive_answer(1), "a:/");
  }
  wait_until([&] { return server_->counters().connections_accepted == 2; });
}

TEST_F(ServerTest, SpreadsConnectionsOverItsWorkers) {
  options_.workers = 4;
  TestHandler& handler = handler_;
  const base::Endpoint agent = start();
  std::deque<Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(agent).send_notify(1, "thread", "/");
    clients.back().receive_answer(1);
  }
  EXPECT_EQ(handler.threads().size(), 4U);
}

// ---- deferred answers

/// Puts every answer off until somebody asks for the tickets.
class DeferringHandler final : public spop::Handler {
 public:
  void answer(const spop::NotifyView&,
              spop::ActionWriter& actions,
              spop::Deferral& deferral) override {
    actions.set_var(spop::Scope::transaction, "answer", "miss");
    const auto ticket = deferral.defer();
    const std::lock_guard lock(mutex_);
    if (ticket) tickets_.push_back(*ticket);
  }
  /// Waits for one.
  spop::Ticket take() {
    for (;;) {
      const std::lock_guard lock(mutex_);
      if (tickets_.empty()) continue;
      const spop::Ticket ticket = tickets_.front();
      tickets_.pop_front();
      return ticket;
    }
  }

 private:
  std::mutex mutex_;
  std::deque<spop::Ticket> tickets_;  // guarded by mutex_
};

void complete(const spop::Ticket& ticket, std::string_view answer) {
  spop::ByteBuffer actions;
  spop::ActionWriter(actions).set_var(spop::Scope::transaction, "answer", answer);
  ticket.complete(actions.bytes());
}

class DeferringServer : public ServerTest {
 protected:
  void SetUp() override { options_.connection.defer_timeout = 60s; }
  spop::Handler& handler() override { return deferring_; }
  DeferringHandler deferring_;
};

TEST_F(DeferringServer, SendsWhatAnotherThreadCompletes) {
  const base::Endpoint agent = start();
  Client client(agent);
  client.send_notify(1, "a", "/");
  client.send_notify(3, "a", "/");
  const spop::Ticket first = deferring_.take();
  complete(deferring_.take(), "late");
  EXPECT_EQ(client.receive_answer(3), "late");
  complete(first, "later");
  EXPECT_EQ(client.receive_answer(1), "later");
}

TEST_F(DeferringServer, SendsTheMissInTime) {
  options_.connection.defer_timeout = 10ms;
  const base::Endpoint agent = start();
  Client client(agent);
  client.send_notify(1, "a", "/");
  EXPECT_EQ(client.receive_answer(1), "miss");
  complete(deferring_.take(), "too late");
  client.send_notify(3, "a", "/");
  EXPECT_EQ(client.receive_answer(3), "miss");
}

TEST_F(DeferringServer, ForgetsTheTicketsOfAClosedConnection) {
  const base::Endpoint agent = start();
  std::optional<Client> client(agent);
  client->send_notify(1, "a", "/");
  const spop::Ticket ticket = deferring_.take();
  client.reset();
  wait_until([&] { return server_->counters().connections_open() == 0; });
  complete(ticket, "nobody");
  Client next(agent);
  next.send_notify(1, "a", "/");
  complete(deferring_.take(), "somebody");
  EXPECT_EQ(next.receive_answer(1), "somebody");
}

TEST_F(DeferringServer, MayBeGoneWhenATicketIsCompleted) {
  const base::Endpoint agent = start();
  Client client(agent);
  client.send_notify(1, "a", "/");
  const spop::Ticket ticket = deferring_.take();
  client.reset();
  server_.reset();
  complete(ticket, "nobody");
}

// ---- stop

TEST_F(DeferringServer, StopsWhenEveryAnswerIsOut) {
  const base::Endpoint agent = start();
  std::optional<Client> client(agent);
  client->send_notify(1, "a", "/");
  const spop::Ticket ticket = deferring_.take();
  server_->stop(60s);
  complete(ticket, "still here");
  EXPECT_EQ(client->receive_answer(1), "still here");
  EXPECT_EQ(client->receive_disconnect(), 0U);
  EXPECT_EQ(client->receive(), std::nullopt);
  client.reset();
  server_->wait();
  EXPECT_EQ(server_->counters().connections_open(), 0U);
}

TEST_F(DeferringServer, SendsTheMissesWhenTheGraceIsOver) {
  const base::Endpoint agent = start();
  Client client(agent);
  client.send_notify(1, "a", "/");
  deferring_.take();
  server_->stop(10ms);
  EXPECT_EQ(client.receive_answer(1), "miss");
  EXPECT_EQ(client.receive_disconnect(), 0U);
}

TEST_F(ServerTest, AcceptsNobodyWhenStopped) {
  const base::Endpoint agent = start();
  server_->stop(0ms);
  server_->wait();
  EXPECT_THROW(Client(agent, Client::Greeting::no), std::exception);
}

TEST_F(ServerTest, DoesNotWaitForAPeerThatIgnoresTheGoodbye) {
  options_.connection.drain_timeout = 10ms;
  const base::Endpoint agent = start();
  const Client client(agent);
  server_->stop(0ms);
  server_->wait();
}

TEST_F(ServerTest, DoesNotWaitForAPeerThatTakesNothing) {
  options_.connection.drain_timeout = 10ms;
  const base::Endpoint agent = start();
  Client client(agent);
  std::thread sender(
      [&] { EXPECT_THROW(for (;;) client.send_notify(1, "a", "/"), std::exception); });
  wait_until([&] { return server_->counters().acks > 1'000; });
  server_->stop(10ms);
  server_->wait();
  sender.join();
}

TEST_F(ServerTest, CanBeStoppedTwiceAndWithoutAStart) {
  start();
  server_->stop(60s);
  server_->stop(0ms);
  server_->wait();
  spop::Server idle({}, handler_, log_);
  ASSERT_TRUE(idle.listen(any_port));
}

// ---- counters

TEST_F(ServerTest, SumsTheCountersOfItsWorkers) {
  options_.workers = 2;
  const base::Endpoint agent = start();
  Client first(agent);
  Client second(agent);
  for (Client* client : {&first, &second}) {
    client->send_notify(1, "a", "/");
    client->receive_answer(1);
  }
  EXPECT_EQ(server_->counters().acks, 2U);
  EXPECT_EQ(server_->counters().connections_open(), 2U);
}

}  // namespace
}  // namespace spop_tests
