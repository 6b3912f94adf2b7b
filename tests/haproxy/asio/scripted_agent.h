#pragma once

#include <atomic>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/asio.h"
#include "base/asio_endpoint.h"

namespace haproxy::test {

/// What an agent does with a question.
enum class AgentManner { answers, hangs, closes, dies_mid_answer, sends_garbage };

/// Just enough of an SPOP agent (SPOE.txt §3) to show that the static configuration asks and obeys:
/// it knows the token `known-token` and the host `secure.example`. In a thread of its own.
class ScriptedAgent {
 public:
  ScriptedAgent(const std::string& abstract_name, AgentManner manner)
      : manner_(manner), acceptor_(context_) {
    const auto endpoint = base::to_asio(base::AbstractEndpoint{abstract_name});
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);  // or HAProxy would hold the name
    acceptor_.listen();
    base::asio::co_spawn(context_, accept(), base::log_failure(log_, "agent"));
    thread_ = std::thread([this] { context_.run(); });
  }
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;
  ~ScriptedAgent() {
    context_.stop();
    thread_.join();
  }

  int questions() const { return questions_; }

 private:
  using Socket = base::StreamProtocol::socket;

  base::asio::awaitable<void> accept() {
    boost::system::error_code ec;
    while (!ec) {
      Socket socket(context_);
      co_await acceptor_.async_accept(socket, base::into(ec));
      base::asio::co_spawn(context_, serve(std::move(socket)), base::log_failure(log_, "agent"));
    }
  }

  base::asio::awaitable<void> serve(Socket socket) {
    boost::system::error_code ec;
    while (!ec) {
      std::string header(4, '\0');
      const auto header_space = base::asio::buffer(header);
      co_await base::asio::async_read(socket, header_space, base::into(ec));
      std::size_t length = 0;
      for (const char c : header) length = length << 8 | static_cast<unsigned char>(c);
      if (ec || length > 20000) co_return;
      std::string frame(length, '\0');
      const auto frame_space = base::asio::buffer(frame);
      co_await base::asio::async_read(socket, frame_space, base::into(ec));
      if (ec) co_return;
      const std::string reply = reply_to(frame);
      if (reply.empty() && manner_ == AgentManner::closes && frame[0] == 3) co_return;
      const bool dies = manner_ == AgentManner::dies_mid_answer && frame[0] == 3;
      const auto output = base::asio::buffer(reply.data(), dies ? reply.size() / 2 : reply.size());
      if (!reply.empty()) co_await base::asio::async_write(socket, output, base::into(ec));
      if (dies) co_return;
    }
  }

  std::string reply_to(std::string_view frame) {
    switch (frame[0]) {
      case 1: return hello();
      case 2:
        return framed('\x66', std::string_view("\0\0", 2), text("status-code") + "\x03" + '\0');
      case 3: break;
      default: return {};
    }
    ++questions_;
    if (manner_ == AgentManner::sends_garbage) return std::string(64, '\x7f');
    if (manner_ == AgentManner::hangs || manner_ == AgentManner::closes) return {};
    const std::size_t stream = varint_size(frame.substr(5));
    const std::size_t both = stream + varint_size(frame.substr(5 + stream));
    return framed('\x67', frame.substr(5, both), actions(frame.substr(5 + both)));
  }

  static std::string hello() {
    return framed('\x65',
                  std::string_view("\0\0", 2),
                  text("version") + "\x08" + text("2.0") + text("max-frame-size") +
                      "\x03\xfc\xf0\x06" + text("capabilities") + "\x08" + text("pipelining"));
  }

  static std::string actions(std::string_view payload) {
    const bool known = payload.find("/known-token") != std::string_view::npos;
    const bool secure = payload.find("secure.example") != std::string_view::npos;
    const char yes = secure ? '\x11' : '\x01';
    if (payload.starts_with(text("acme-challenge")))
      return known ? set_variable("key_auth", "\x08" + text("known-token.thumbprint"))
                   : set_variable("challenge_miss", "\x11");
    if (payload.starts_with(text("tls-status")) || payload.starts_with(text("sni-status")))
      return set_variable("cert_present", std::string(1, yes)) +
             set_variable("https_redirect", std::string(1, yes));
    return {};
  }

  static std::string set_variable(std::string_view name, const std::string& value) {
    return std::string("\x01\x03\x02", 3) + text(name) + value;  // scope txn
  }
  static std::string text(std::string_view value) {  // shorter than 240 bytes
    return static_cast<char>(value.size()) + std::string(value);
  }
  static std::string framed(char type, std::string_view ids, const std::string& payload) {
    const std::string flags("\0\0\0\x01", 4);
    const std::string body = type + flags + std::string(ids) + payload;
    return std::string("\0\0", 2) + static_cast<char>(body.size() >> 8) +
           static_cast<char>(body.size() & 0xff) + body;
  }
  static std::size_t varint_size(std::string_view bytes) {
    if (static_cast<unsigned char>(bytes[0]) < 240) return 1;
    std::size_t size = 2;
    while (static_cast<unsigned char>(bytes[size - 1]) >= 128) ++size;
    return size;
  }

  AgentManner manner_;
  std::atomic<int> questions_ = 0;
  base::NullLog log_;
  base::asio::io_context context_{1};
  base::asio::basic_socket_acceptor<base::StreamProtocol> acceptor_;
  std::thread thread_;
};

}  // namespace haproxy::test
