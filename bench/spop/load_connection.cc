#include "bench/spop/load_connection.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>

#include "bench/spop/blocking_socket.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"

namespace bench {
namespace {

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "load: %s\n", why);
  std::exit(1);
}

}  // namespace

LoadConnection::LoadConnection(const base::Endpoint& agent, std::size_t in_flight, LoadState& state)
    : fd_(connect_to(agent)), state_(state) {
  for (std::size_t i = 0; i < in_flight; ++i) slots_.push_back({i, 0, {}});
  exchange_hellos();
}

void LoadConnection::exchange_hellos() {
  spop::encode_haproxy_hello({"2.0", 16'380, "pipelining", "bench", false}, output_);
  send();
  for (;;) {
    receive();
    const auto bytes = decoder_.next();
    if (!bytes) fail("bad frame instead of a hello");
    if (!*bytes) continue;
    const auto frame = spop::parse_frame(**bytes);
    if (!frame || !spop::parse_agent_hello(*frame)) fail("no hello");
    return;
  }
}

void LoadConnection::start() {
  now_ = Clock::now();
  for (Slot& slot : slots_) ask(slot);
  send();
}

void LoadConnection::on_readable() {
  receive();
  now_ = Clock::now();
  for (;;) {
    const auto bytes = decoder_.next();
    if (!bytes) fail("bad frame");
    if (!*bytes) break;
    take(**bytes, now_);
  }
  send();
}

void LoadConnection::ask(Slot& slot) {
  slot.question = state_.next_question;
  slot.asked = now_;
  if (++state_.next_question == state_.questions.count()) state_.next_question = 0;
  spop::FrameWriter frame(
      output_, spop::FrameType::notify, spop::StreamId(slot.stream_id), spop::FrameId(1));
  output_.append(state_.questions.question(slot.question));
  frame.finish();
}

void LoadConnection::take(spop::FrameBytes bytes, Clock::time_point now) {
  const auto frame = spop::parse_frame(bytes);
  if (!frame || frame->type != spop::FrameType::ack || !frame->has_fin()) fail("no ack");
  Slot& slot = slots_[frame->stream_id.value() % slots_.size()];
  if (slot.stream_id != frame->stream_id.value() || frame->frame_id.value() != 1) {
    fail("an ack for nothing");
  }
  const auto expected = state_.questions.answer(slot.question);
  if (frame->payload.size() != expected.size() ||
      std::memcmp(frame->payload.data(), expected.data(), expected.size()) != 0) {
    fail("a wrong answer");
  }
  ++state_.acks;
  state_.latency.add(static_cast<std::uint64_t>((now - slot.asked).count()));
  slot.stream_id += slots_.size();
  ask(slot);
}

void LoadConnection::receive() {
  const auto space = decoder_.prepare();
  const ssize_t n = ::recv(fd_, space.data(), space.size(), 0);
  if (n <= 0) fail("the agent closed the connection");
  decoder_.commit(static_cast<std::size_t>(n));
}

void LoadConnection::send() {
  const auto bytes = output_.bytes();
  if (bytes.empty()) return;
  // Blocking, and taken whole: what is in flight fits the socket's buffer.
  if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    fail("cannot send");
  }
  output_.clear();
}

}  // namespace bench
