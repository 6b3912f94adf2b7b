#include "tests/spop/asio/client.h"

#include <stdexcept>

#include "spop/action_reader.h"
#include "spop/disconnect.h"
#include "spop/encode.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"

namespace spop_tests {

namespace asio = base::asio;

std::vector<std::byte> hello_frame() {
  spop::ByteBuffer output;
  spop::encode_haproxy_hello({"2.0", 16380, "pipelining", "test", false}, output);
  return {output.bytes().begin(), output.bytes().end()};
}

std::vector<std::byte> notify_frame(std::uint64_t stream_id,
                                    std::string_view host,
                                    std::string_view path) {
  const spop::ArgumentView arguments[] = {{"host", spop::TypedData::string(host)},
                                          {"path", spop::TypedData::string(path)}};
  spop::ByteBuffer output;
  spop::FrameWriter frame(
      output, spop::FrameType::notify, spop::StreamId(stream_id), spop::FrameId(1));
  spop::encode_message({"lookup", arguments}, output);
  frame.finish();
  return {output.bytes().begin(), output.bytes().end()};
}

Client::Client(const base::Endpoint& agent, Greeting greeting) {
  socket_.connect(base::to_asio(agent));
  if (greeting == Greeting::no) return;
  send_hello();
  const auto frame = receive();
  if (!frame || frame->type != spop::FrameType::agent_hello) throw std::runtime_error("no hello");
}

void Client::send(std::span<const std::byte> bytes) {
  asio::write(socket_, asio::buffer(bytes.data(), bytes.size()));
}

void Client::send_hello() {
  send(hello_frame());
}

void Client::send_notify(std::uint64_t stream_id, std::string_view host, std::string_view path) {
  send(notify_frame(stream_id, host, path));
}

std::optional<spop::Frame> Client::receive() {
  for (;;) {
    const auto bytes = decoder_.next();
    if (!bytes) throw std::runtime_error("bad frame: " + bytes.error().message());
    if (*bytes) return spop::parse_frame(**bytes).value();
    const auto space = decoder_.prepare();
    boost::system::error_code ec;
    const std::size_t n = socket_.read_some(asio::buffer(space.data(), space.size()), ec);
    if (ec) return std::nullopt;
    decoder_.commit(n);
  }
}

std::string Client::receive_answer(std::uint64_t stream_id) {
  const auto frame = receive();
  if (!frame || frame->type != spop::FrameType::ack) throw std::runtime_error("no ack");
  if (frame->stream_id != spop::StreamId(stream_id)) throw std::runtime_error("other stream-id");
  if (frame->frame_id != spop::FrameId(1)) throw std::runtime_error("other frame-id");
  spop::ActionReader actions(frame->payload);
  const auto action = actions.next();
  if (!action) throw std::runtime_error("no action");
  return std::string(action->value.as_string().value_or("none"));
}

std::uint64_t Client::receive_disconnect() {
  const auto frame = receive();
  if (!frame || frame->type != spop::FrameType::agent_disconnect) {
    throw std::runtime_error("no disconnect");
  }
  return spop::parse_disconnect(*frame).value().status_code;
}

void Client::reset() {
  socket_.set_option(asio::socket_base::linger(true, 0));
  socket_.close();
}

}  // namespace spop_tests
