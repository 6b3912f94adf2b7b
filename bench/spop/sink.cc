// The limit: an epoll loop that answers every NOTIFY with the same ACK, reading no payload. One
// read and one write a batch, nothing looked up, nothing that a real agent could leave out.
//
//   bench_spop_sink --listen ADDRESS [--cpu N]
//
// Prints "ready" and the address.

#include <cstring>

#include "bench/spop/epoll_server.h"
#include "bench/spop/population.h"
#include "spop/action_writer.h"
#include "spop/byte_buffer.h"
#include "spop/frame.h"
#include "spop/hello.h"

namespace {

std::size_t varint_length(const std::byte* at) {
  if (std::to_integer<unsigned>(*at) < 240) return 1;
  std::size_t size = 2;
  while (std::to_integer<unsigned>(*++at) >= 128) ++size;
  return size;
}

std::uint32_t big_endian(const std::byte* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return __builtin_bswap32(value);
}

/// The answer to every NOTIFY behind its ids.
class ConstantAnswer {
 public:
  ConstantAnswer() {
    spop::ActionWriter(actions_).set_var(
        spop::Scope::transaction, "key_auth", bench::key_authorization(0));
    spop::AgentHello answer;
    answer.max_frame_size = 16'380;
    spop::encode_agent_hello(answer, hello_);
  }

  std::size_t answer(std::span<const std::byte> input) {
    std::size_t at = 0;
    while (input.size() - at >= spop::length_prefix_size) {
      const std::size_t whole = spop::length_prefix_size + big_endian(input.data() + at);
      if (input.size() - at < whole) break;
      answer_frame(input.data() + at + spop::length_prefix_size);
      at += whole;
    }
    return at;
  }
  std::span<const std::byte> output() const { return output_.bytes(); }
  void clear() { output_.clear(); }

 private:
  void answer_frame(const std::byte* frame) {
    if (frame[0] == static_cast<std::byte>(spop::FrameType::haproxy_hello)) {
      return output_.append(hello_.bytes());
    }
    const std::size_t stream_id = varint_length(frame + 5);
    const std::size_t ids = stream_id + varint_length(frame + 5 + stream_id);
    const std::size_t size = 5 + ids + actions_.size();
    std::byte* const out = output_.prepare(spop::length_prefix_size + size);
    const std::uint32_t length = __builtin_bswap32(static_cast<std::uint32_t>(size));
    std::memcpy(out, &length, sizeof(length));
    out[4] = static_cast<std::byte>(spop::FrameType::ack);
    std::memcpy(out + 5, "\0\0\0\1", 4);
    std::memcpy(out + 9, frame + 5, ids);
    std::memcpy(out + 9 + ids, actions_.bytes().data(), actions_.size());
    output_.commit(spop::length_prefix_size + size);
  }

  spop::ByteBuffer actions_;
  spop::ByteBuffer hello_;
  spop::ByteBuffer output_;
};

}  // namespace

int main(int argc, char** argv) {
  ConstantAnswer answer;
  bench::serve(argc, argv, answer);
}
