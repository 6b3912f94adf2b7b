// A worker allocates nothing per frame once its buffers have grown, Asio included.

#include <array>
#include <deque>

#include <gtest/gtest.h>

#include "spop/asio/server.h"
#include "tests/spop/asio/client.h"
#include "tests/spop/count_allocations.h"

namespace spop_tests {
namespace {

class PlainHandler final : public spop::Handler {
 public:
  void answer(const spop::NotifyView&, spop::ActionWriter& actions, spop::Deferral&) override {
    actions.set_var(spop::Scope::transaction, "found", true);
  }
};

constexpr std::size_t ack_size = 4 + 7 + 10;

/// Sends `notifies` and reads as many bytes as the answers have.
void exchange(Client& client, std::span<const std::byte> notifies, std::size_t answer_size) {
  client.send(notifies);
  std::array<std::byte, 4096> space;
  while (answer_size > 0) {
    answer_size -= client.socket().read_some(base::asio::buffer(space));
  }
}

class ServerAllocation : public testing::Test {
 protected:
  ServerAllocation() : agent_(server_.listen(base::TcpEndpoint{"127.0.0.1", 0}).value()) {
    server_.start();
  }

  /// How many allocations 500 rounds make after `warm_up` of them.
  template <class Round>
  static std::size_t allocations_of(int warm_up, Round round) {
    for (int i = 0; i < warm_up; ++i) round();
    const std::size_t before = allocations;
    for (int i = 0; i < 500; ++i) round();
    return allocations - before;
  }

  PlainHandler handler_;
  base::NullLog log_;
  spop::Server server_{{}, handler_, log_};
  const base::Endpoint agent_;
};

TEST_F(ServerAllocation, HappensNotOnceAFrame) {
  Client client(agent_);
  std::vector<std::byte> notifies;
  for (std::uint64_t id = 0; id < 20; ++id) {
    const auto notify = notify_frame(id, "example.org", "/");
    notifies.insert(notifies.end(), notify.begin(), notify.end());
  }
  EXPECT_EQ(allocations_of(50, [&] { exchange(client, notifies, 20 * ack_size); }), 0U);
}

TEST_F(ServerAllocation, HappensNotWhereManyConnectionsAskAtOnce) {
  std::deque<Client> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(agent_);
  const auto notify = notify_frame(1, "example.org", "/");
  const auto round = [&] {
    for (Client& each : clients) each.send(notify);
    for (Client& each : clients) exchange(each, {}, ack_size);
  };
  EXPECT_EQ(allocations_of(200, round), 0U);
}

}  // namespace
}  // namespace spop_tests
