// However the bytes arrive, the same bytes leave.

#include "spop/connection.h"
#include "tests/spop/connection_fixture.h"

namespace spop_tests {
namespace {

class ChunkingTest : public ConnectionTest {
 protected:
  /// All that is sent for `input` in reads of at most `piece` bytes.
  std::string run(const Bytes& input, std::size_t piece) {
    open();
    std::span<const std::byte> rest = input;
    while (!rest.empty() && connection_->wants_read()) {
      const auto chunk = rest.first(std::min(piece, rest.size()));
      receive(chunk);
      flush();
      rest = rest.subspan(chunk.size());
    }
    return take_sent();
  }
};

TEST_F(ChunkingTest, ASessionIsAnsweredTheSame) {
  const Bytes session = join({captured_haproxy_hello,
                              captured_notify,
                              notify_of(1),
                              frame_of(static_cast<FrameType>(9), StreamId(3), FrameId(1), {}),
                              notify_of(3),
                              captured_haproxy_disconnect});
  const std::string expected = to_hex(join({captured_agent_hello,
                                            answered_ack(0),
                                            answered_ack(1),
                                            answered_ack(3),
                                            agent_disconnect({})}));
  for (std::size_t piece = 1; piece <= session.size(); ++piece) {
    EXPECT_EQ(run(session, piece), expected) << piece;
  }
}

TEST_F(ChunkingTest, ASessionCutAnywhereIsAnsweredAsFarAsItCame) {
  const Bytes session = join({captured_haproxy_hello, captured_notify, notify_of(1)});
  const std::string whole = run(session, SIZE_MAX);
  for (std::size_t size = 0; size < session.size(); ++size) {
    const Bytes cut(session.begin(), session.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(whole.starts_with(run(cut, SIZE_MAX))) << size;
  }
}

}  // namespace
}  // namespace spop_tests
