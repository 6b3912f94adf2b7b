// Every parser on one frame of any bytes; what parses is encoded again and has to parse to the
// same.

#include <algorithm>
#include <vector>

#include "spop/action_reader.h"
#include "spop/action_writer.h"
#include "spop/disconnect.h"
#include "spop/encode.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"
#include "spop/notify_batch.h"
#include "tests/fuzz/check.h"

namespace {

using spop::ByteBuffer;
using spop::Frame;

Frame parse_back(const ByteBuffer& output) {
  const auto frame = spop::parse_frame(output.bytes().subspan(spop::length_prefix_size));
  FUZZ_CHECK(frame.has_value());
  return *frame;
}

void check_header(const Frame& frame) {
  ByteBuffer output;
  spop::FrameWriter writer(output, frame.type, frame.stream_id, frame.frame_id, frame.flags);
  output.append(frame.payload);
  writer.finish();
  const Frame again = parse_back(output);
  FUZZ_CHECK(again.type == frame.type && again.flags == frame.flags);
  FUZZ_CHECK(again.stream_id == frame.stream_id && again.frame_id == frame.frame_id);
  FUZZ_CHECK(std::ranges::equal(again.payload, frame.payload));
}

void check_hellos(const Frame& frame) {
  ByteBuffer output;
  if (const auto hello = spop::parse_haproxy_hello(frame)) {
    spop::encode_haproxy_hello(*hello, output);
    FUZZ_CHECK(spop::parse_haproxy_hello(parse_back(output)) == *hello);
    const auto answer = spop::negotiate(*hello, 65'536);
    FUZZ_CHECK(!answer || spop::check_agent_hello(*answer, *hello).has_value());
  }
  output.clear();
  if (const auto hello = spop::parse_agent_hello(frame)) {
    spop::encode_agent_hello(*hello, output);
    FUZZ_CHECK(spop::parse_agent_hello(parse_back(output)) == *hello);
  }
}

void check_disconnect(const Frame& frame) {
  const auto disconnect = spop::parse_disconnect(frame);
  if (!disconnect) return;
  ByteBuffer output;
  spop::encode_disconnect(spop::FrameType::agent_disconnect, *disconnect, output);
  const auto again = spop::parse_disconnect(parse_back(output));
  FUZZ_CHECK(again && again->status_code == disconnect->status_code);
  FUZZ_CHECK(disconnect->message.starts_with(again->message));
}

bool same(const spop::MessageView& a, const spop::MessageView& b) {
  return a.name == b.name && std::ranges::equal(a.arguments, b.arguments);
}

void check_messages(const Frame& frame) {
  spop::NotifyBatch batch;
  if (batch.add(frame) != spop::NotifyBatch::Added::yes) return;
  const auto messages = batch.views().front().messages;
  ByteBuffer payload;
  for (const spop::MessageView& each : messages) spop::encode_message(each, payload);
  Frame again = frame;
  again.payload = payload.bytes();
  spop::NotifyBatch second;
  FUZZ_CHECK(second.add(again) == spop::NotifyBatch::Added::yes);
  FUZZ_CHECK(std::ranges::equal(messages, second.views().front().messages, same));
}

std::vector<spop::ActionView> read_actions(std::span<const std::byte> payload) {
  std::vector<spop::ActionView> actions;
  spop::ActionReader reader(payload);
  while (const auto action = reader.next()) actions.push_back(*action);
  return actions;
}

void check_actions(const Frame& frame) {
  const auto actions = read_actions(frame.payload);
  ByteBuffer output;
  spop::ActionWriter writer(output);
  for (const spop::ActionView& each : actions) {
    if (each.type == spop::ActionType::set_var) writer.set_var(each.scope, each.name, each.value);
    if (each.type == spop::ActionType::unset_var) writer.unset_var(each.scope, each.name);
  }
  FUZZ_CHECK(read_actions(output.bytes()) == actions);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = spop::parse_frame(std::as_bytes(std::span(data, size)));
  if (!frame) return 0;
  check_header(*frame);
  check_hellos(*frame);
  check_disconnect(*frame);
  check_messages(*frame);
  check_actions(*frame);
  return 0;
}
