#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/asio.h"
#include "base/asio_endpoint.h"

namespace agent {

/// What came back, as far as tests look at it.
struct HttpReply {
  unsigned status = 0;                          ///< 0 if the connection ended before a whole reply
  std::map<std::string, std::string> header{};  ///< lower-case names
  std::string body{};

  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// A client that sends the bytes it is told to and waits for what comes back; blocks.
class HttpPeer {
 public:
  explicit HttpPeer(const base::Endpoint& server) : socket_(io_) {
    socket_.connect(base::to_asio(server));
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;  // the server may have closed; what it said is read
    base::asio::write(socket_, base::asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  /// The next reply. REQUIRES: it has a Content-Length or no body.
  HttpReply receive(bool to_head = false) {
    boost::system::error_code ec;
    while (input_.find("\r\n\r\n") == std::string::npos && !ec) read(ec);
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    HttpReply reply = parse_head(input_.substr(0, end + 2));
    input_.erase(0, end + 4);
    const auto length = reply.header.find("content-length");
    if (length == reply.header.end() || to_head) return reply;
    const std::size_t size = std::stoul(length->second);
    while (input_.size() < size && !ec) read(ec);
    reply.body = input_.substr(0, size);
    input_.erase(0, size);
    return reply;
  }

  /// `header` is lines that end with CRLF, `Content-Type` among them if it is not JSON.
  HttpReply request(std::string_view method,
                    std::string_view target,
                    std::string_view body = "",
                    std::string_view header = "") {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    text.append(header);
    if (!body.empty()) {
      if (header.find("Content-Type") == std::string_view::npos) {
        text.append("Content-Type: application/json\r\n");
      }
      text.append("Content-Length: ");
      text.append(std::to_string(body.size())).append("\r\n");
    }
    send(text.append("\r\n").append(body));
    return receive(method == "HEAD");
  }

  /// What comes up to and with `end`; all that came if the server closes before.
  std::string receive_until(std::string_view end) {
    boost::system::error_code ec;
    while (input_.find(end) == std::string::npos && !ec) read(ec);
    const std::size_t at = input_.find(end);
    const std::size_t size = at == std::string::npos ? input_.size() : at + end.size();
    std::string text = input_.substr(0, size);
    input_.erase(0, size);
    return text;
  }

  /// Whether the server closes without another byte.
  bool is_closed_by_server() {
    boost::system::error_code ec;
    while (input_.empty() && !ec) read(ec);
    return input_.empty();
  }

 private:
  void read(boost::system::error_code& ec) {
    char chunk[16 * 1024];
    input_.append(chunk, socket_.read_some(base::asio::buffer(chunk), ec));
  }

  static HttpReply parse_head(const std::string& head) {
    HttpReply reply;
    reply.status = static_cast<unsigned>(std::stoul(head.substr(head.find(' ') + 1)));
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::size_t colon = head.find(':', at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
      });
      reply.header[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return reply;
  }

  base::asio::io_context io_;
  base::asio::basic_stream_socket<base::StreamProtocol> socket_;
  std::string input_;
};

}  // namespace agent
