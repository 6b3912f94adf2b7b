#pragma once

// Inside haproxy/asio/*.cc only.

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "haproxy/reply_reader.h"
#include "haproxy/runtime_command.h"

namespace haproxy {

/// A connected socket of the runtime API, used by one thread that blocks on it. HAProxy answers a
/// command in pieces of a few bytes, and sleeps as soon as it has nothing to do: who waits in the
/// kernel has the next command there while it is still awake, who is called back by a reactor does
/// not.
class RuntimeConnection {
 public:
  /// Owns `fd`, which is a connected socket in blocking mode. `timeout` is that of a whole reply.
  RuntimeConnection(int fd, PromptStyle style, std::chrono::milliseconds timeout);
  ~RuntimeConnection();
  RuntimeConnection(const RuntimeConnection&) = delete;
  RuntimeConnection& operator=(const RuntimeConnection&) = delete;

  /// Sends one command and takes its reply. Errors close the connection: Errc::timeout,
  /// Errc::protocol_error for bytes that nobody asked for, Errc::connection_closed.
  base::Result<std::string, RuntimeError> exchange(std::string_view bytes);
  /// Returns early if the connection ends.
  void rest(std::chrono::milliseconds time) const;

  /// From any thread: an exchange under way fails with Errc::connection_closed.
  void close();
  bool is_open() const { return is_open_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool has_unasked_bytes() const;
  void send(std::string_view bytes) const;
  base::Result<std::string, RuntimeError> receive();
  base::Unexpected<RuntimeError> fail(Errc code, std::string detail);

  const int fd_;
  const std::chrono::milliseconds timeout_;
  ReplyReader reader_;
  std::atomic<bool> is_open_ = true;
};

}  // namespace haproxy
