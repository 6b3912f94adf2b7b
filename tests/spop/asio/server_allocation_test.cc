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

TEST(ServerAllocation, HappensNotOnceAFrame) {
  PlainHandler handler;
  base::NullLog log;
  spop::Server server({}, handler, log);
  const auto agent = server.listen(base::TcpEndpoint{"127.0.0.1", 0});
  server.start();
  Client client(*agent);
  std::vector<std::byte> notifies;
  for (std::uint64_t id = 0; id < 20; ++id) {
    const auto notify = notify_frame(id, "example.org", "/");
    notifies.insert(notifies.end(), notify.begin(), notify.end());
  }
  for (int warm_up = 0; warm_up < 50; ++warm_up) exchange(client, notifies, 20 * ack_size);
  const std::size_t before = allocations;
  for (int i = 0; i < 500; ++i) exchange(client, notifies, 20 * ack_size);
  EXPECT_EQ(allocations - before, 0U);
}

TEST(ServerAllocation, HappensNotWhereManyConnectionsAskAtOnce) {
  PlainHandler handler;
  base::NullLog log;
  spop::Server server({}, handler, log);
  const auto agent = server.listen(base::TcpEndpoint{"127.0.0.1", 0});
  server.start();
  std::deque<Client> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(*agent);
  const auto notify = notify_frame(1, "example.org", "/");
  const auto round = [&] {
    for (Client& each : clients) each.send(notify);
    for (Client& each : clients) exchange(each, {}, ack_size);
  };
  for (int warm_up = 0; warm_up < 200; ++warm_up) round();
  const std::size_t before = allocations;
  for (int i = 0; i < 500; ++i) round();
  EXPECT_EQ(allocations - before, 0U);
}

}  // namespace
}  // namespace spop_tests
