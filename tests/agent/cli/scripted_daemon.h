#pragma once

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace agent {

/// Answers requests on a unix socket by a script, whatever they are, and keeps what was asked.
class ScriptedDaemon {
 public:
  struct Reply {
    int status = 200;
    std::string body = "{}";
  };

  explicit ScriptedDaemon(std::deque<Reply> script) : script_(std::move(script)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "daemon-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket().copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(listener_, generic, sizeof(address)) != 0 || ::listen(listener_, 5) != 0) {
      throw std::runtime_error("listen");
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedDaemon() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }
  ScriptedDaemon(const ScriptedDaemon&) = delete;
  ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;

  std::string socket() const { return (folder_ / "admin.sock").string(); }

  /// `GET /v1/hostnames`, or `POST /v1/hostnames {...}`, so far.
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::string input;
      while (answer_one(connection, input)) continue;
      ::close(connection);
    }
  }

  /// False at the end of the connection; after the script's end every request ends it.
  bool answer_one(int connection, std::string& input) {
    while (input.find("\r\n\r\n") == std::string::npos) {
      if (!receive(connection, input)) return false;
    }
    const std::size_t header_end = input.find("\r\n\r\n") + 4;
    const std::size_t field = input.find("Content-Length: ");
    const std::size_t length =
        field < header_end ? std::stoul(input.substr(field + 16)) : std::size_t{0};
    while (input.size() < header_end + length) {
      if (!receive(connection, input)) return false;
    }
    std::string request = input.substr(0, input.find(" HTTP/"));
    if (length > 0) request += " " + input.substr(header_end, length);
    input.erase(0, header_end + length);
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    if (script_.empty()) return false;
    const std::string text = to_text(script_.front());
    script_.pop_front();
    return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

  static bool receive(int connection, std::string& input) {
    char chunk[4096];
    const ssize_t size = ::recv(connection, chunk, sizeof(chunk), 0);
    if (size > 0) input.append(chunk, static_cast<std::size_t>(size));
    return size > 0;
  }

  static std::string to_text(const Reply& reply) {
    return "HTTP/1.1 " + std::to_string(reply.status) +
           " X\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
  }

  std::filesystem::path folder_;
  int listener_ = -1;
  std::mutex mutex_;
  std::deque<Reply> script_;           // guarded by mutex_
  std::vector<std::string> requests_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace agent
