#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.h"
#include "base/asio_endpoint.h"
#include "spop/frame_decoder.h"

namespace spop_tests {

/// The HELLO of a HAProxy that can pipeline.
std::vector<std::byte> hello_frame();
/// A NOTIFY of message `lookup` with the arguments host and path.
std::vector<std::byte> notify_frame(std::uint64_t stream_id,
                                    std::string_view host,
                                    std::string_view path);

/// HAProxy's side of one connection, with blocking calls that throw.
class Client {
 public:
  enum class Greeting { yes, no };
  /// Connects, and exchanges HELLOs if so asked.
  explicit Client(const base::Endpoint& agent, Greeting greeting = Greeting::yes);

  void send(std::span<const std::byte> bytes);
  void send_hello();
  void send_notify(std::uint64_t stream_id, std::string_view host, std::string_view path);

  /// The next frame, a view that dies at the next call; nullopt if the agent has closed.
  std::optional<spop::Frame> receive();
  /// The variable `answer` that the ACK with this stream-id sets; throws if the next frame is
  /// something else.
  std::string receive_answer(std::uint64_t stream_id);
  /// The status code of a DISCONNECT; throws if the next frame is something else.
  std::uint64_t receive_disconnect();

  /// A reset instead of an end.
  void reset();
  base::asio::basic_stream_socket<base::StreamProtocol>& socket() { return socket_; }

 private:
  base::asio::io_context io_;
  base::asio::basic_stream_socket<base::StreamProtocol> socket_{io_};
  spop::FrameDecoder decoder_{65'536};
};

}  // namespace spop_tests
