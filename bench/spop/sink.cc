// The limit: an epoll loop that answers every NOTIFY with the same ACK, reading no payload. One
// read and one write a batch, nothing looked up, nothing that a real agent could leave out.
//
//   bench_spop_sink --listen ADDRESS [--cpu N]
//
// Prints "ready" and the address.

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/spop/arguments.h"
#include "bench/spop/blocking_socket.h"
#include "bench/spop/population.h"
#include "spop/action_writer.h"
#include "spop/byte_buffer.h"
#include "spop/frame.h"
#include "spop/hello.h"

namespace {

constexpr std::size_t buffer_size = 16'384;

struct Connection {
  int fd;
  std::size_t size = 0;  // of what is in `input`
  std::array<std::byte, buffer_size> input;
};

/// The answer to every NOTIFY behind its ids.
struct ConstantAnswer {
  ConstantAnswer() {
    spop::ActionWriter(actions).set_var(
        spop::Scope::transaction, "key_auth", bench::key_authorization(0));
    spop::AgentHello answer;
    answer.max_frame_size = buffer_size - spop::length_prefix_size;
    spop::encode_agent_hello(answer, hello);
  }
  spop::ByteBuffer actions;
  spop::ByteBuffer hello;
};

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

void answer(const std::byte* frame, const ConstantAnswer& constant, spop::ByteBuffer& output) {
  if (frame[0] == static_cast<std::byte>(spop::FrameType::haproxy_hello)) {
    return output.append(constant.hello.bytes());
  }
  const std::size_t stream_id = varint_length(frame + 5);
  const std::size_t ids = stream_id + varint_length(frame + 5 + stream_id);
  const std::size_t size = 5 + ids + constant.actions.size();
  std::byte* const out = output.prepare(spop::length_prefix_size + size);
  const std::uint32_t length = __builtin_bswap32(static_cast<std::uint32_t>(size));
  std::memcpy(out, &length, sizeof(length));
  out[4] = static_cast<std::byte>(spop::FrameType::ack);
  std::memcpy(out + 5, "\0\0\0\1", 4);
  std::memcpy(out + 9, frame + 5, ids);
  std::memcpy(out + 9 + ids, constant.actions.bytes().data(), constant.actions.size());
  output.commit(spop::length_prefix_size + size);
}

/// False when the peer is gone.
bool serve(Connection& connection, const ConstantAnswer& constant, spop::ByteBuffer& output) {
  std::byte* const input = connection.input.data();
  const ssize_t n =
      ::recv(connection.fd, input + connection.size, buffer_size - connection.size, 0);
  if (n <= 0) return false;
  connection.size += static_cast<std::size_t>(n);
  output.clear();
  std::size_t at = 0;
  while (connection.size - at >= spop::length_prefix_size) {
    const std::size_t whole = spop::length_prefix_size + big_endian(input + at);
    if (connection.size - at < whole) break;
    answer(input + at + spop::length_prefix_size, constant, output);
    at += whole;
  }
  connection.size -= at;
  if (connection.size > 0) std::memmove(input, input + at, connection.size);
  // The load reads what it is sent, so a blocking send ends.
  const auto bytes = output.bytes();
  return bytes.empty() || ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
}

void add(int epoll, int fd, Connection* connection) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void run(int listener) {
  const ConstantAnswer constant;
  spop::ByteBuffer output;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  add(epoll, listener, nullptr);
  std::array<epoll_event, 128> events;
  for (;;) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      auto* const connection =
          static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) add(epoll, fd, std::make_unique<Connection>(Connection{fd, 0, {}}).release());
      } else if (!serve(*connection, constant, output)) {
        ::close(connection->fd);
        delete connection;  // epoll holds its only pointer
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  bench::pin_to_cpu(arguments.number("cpu", 0));
  const base::Endpoint endpoint = bench::endpoint_of(arguments.text("listen"));
  const int listener = bench::listen_on(endpoint);
  std::printf("ready %s\n", base::to_string(bench::listening_on(listener, endpoint)).c_str());
  std::fflush(stdout);
  run(listener);
}
