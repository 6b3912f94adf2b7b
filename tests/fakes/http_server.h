#pragma once

#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/loopback_server.h"
#include "tests/fakes/tls_identity.h"

namespace fakes {

struct HttpRequestText {
  std::string head;  ///< request line and headers, each line with its CR LF
  std::string body;
};

/// HTTP/1.1 on loopback, over TLS if it has an identity: each request is given to `answer`, whose
/// text is sent as it is; nullopt leaves the request without an answer. `answer` runs on the
/// connection's thread.
class HttpServer {
 public:
  using Answer = std::function<std::optional<std::string>(const HttpRequestText&)>;

  explicit HttpServer(Answer answer, const TlsIdentity* identity = nullptr)
      : answer_(std::move(answer)), identity_(identity) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL, and clients may be gone
  }

  std::string url(const std::string& path) const {
    return (identity_ == nullptr ? "http" : "https") + std::string("://127.0.0.1:") +
           std::to_string(server_.port()) + path;
  }
  std::vector<HttpRequestText> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return server_.connections(); }

 private:
  /// The socket, plain or under TLS.
  class Stream {
   public:
    Stream(int fd, const TlsIdentity* identity) : fd_(fd), is_tls_(identity != nullptr) {
      if (is_tls_) ssl_ = identity->accept(fd);
    }
    bool is_open() const { return !is_tls_ || ssl_; }
    bool read_more(std::string& text) {
      char bytes[4096];
      const auto n = is_tls_ ? SSL_read(ssl_.get(), bytes, sizeof bytes)
                             : static_cast<int>(::read(fd_, bytes, sizeof bytes));
      if (n > 0) text.append(bytes, static_cast<std::size_t>(n));
      return n > 0;
    }
    bool write(std::string_view text) {
      while (!text.empty()) {
        const auto n = is_tls_
                           ? SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()))
                           : static_cast<int>(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
      }
      return true;
    }

   private:
    int fd_;
    bool is_tls_;
    TlsIdentity::Ssl ssl_{nullptr, SSL_free};
  };

  static std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("\r\nContent-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 18, nullptr, 10);
  }

  static std::optional<HttpRequestText> read_request(Stream& stream, std::string& input) {
    std::size_t end = 0;
    while ((end = input.find("\r\n\r\n")) == std::string::npos) {
      if (!stream.read_more(input)) return std::nullopt;
    }
    HttpRequestText request{input.substr(0, end + 2), {}};
    input.erase(0, end + 4);
    const std::size_t length = content_length("\r\n" + request.head);
    while (input.size() < length) {
      if (!stream.read_more(input)) return std::nullopt;
    }
    request.body = input.substr(0, length);
    input.erase(0, length);
    return request;
  }

  void serve(int fd) {
    Stream stream(fd, identity_);
    std::string input;
    while (stream.is_open()) {
      const std::optional<HttpRequestText> request = read_request(stream, input);
      if (!request) return;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      const std::optional<std::string> answer = answer_(*request);
      if (!answer) return wait_for_the_end(fd);
      if (!stream.write(*answer)) return;
    }
  }

  const Answer answer_;
  const TlsIdentity* identity_;
  mutable std::mutex mutex_;
  std::vector<HttpRequestText> requests_;  // guarded by mutex_
  LoopbackServer server_{[this](int fd) { serve(fd); }};
};

}  // namespace fakes
