// The way from a NOTIFY to its ACK allocates nothing once the buffers have grown.

#include "tests/spop/connection_fixture.h"
#include "tests/spop/count_allocations.h"

namespace spop_tests {
namespace {

/// A shell that only copies.
void exchange(spop::Connection& connection,
              std::span<const std::byte> input,
              base::MonotonicTime now) {
  while (!input.empty()) {
    const auto space = connection.prepare();
    const std::size_t n = std::min(space.size(), input.size());
    std::memcpy(space.data(), input.data(), n);
    connection.on_received(n, now);
    input = input.subspan(n);
    while (!connection.output().empty()) {
      connection.on_written(connection.output().size(), now);
    }
  }
}

TEST_F(ConnectionTest, AllocatesNothingPerFrame) {
  handler_.script = [](const NotifyView& notify, ActionWriter& actions, Deferral&) {
    const auto host = notify.messages.front().argument("host").as_string();
    actions.set_var(Scope::transaction, "answer", *host);
  };
  handler_.batches.reserve(100'000);
  open_running();
  Bytes input;
  for (std::uint64_t id = 0; id < 200; ++id) input = join({input, notify_of(id)});
  for (int warm_up = 0; warm_up < 10; ++warm_up) {
    exchange(*connection_, input, clock_.monotonic());
  }
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) exchange(*connection_, input, clock_.monotonic());
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(counters().acks, 110 * 200U);
}

}  // namespace
}  // namespace spop_tests
