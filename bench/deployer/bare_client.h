#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

#include "tests/haproxy/asio/real_haproxy.h"

namespace bench {

/// A client that only sends and waits for the prompt: what HAProxy itself takes for the commands.
class BareClient {
 public:
  explicit BareClient(const std::string& socket) : fd_(haproxy::test::connect_to(socket)) {
    if (fd_ < 0) throw std::runtime_error("connect " + socket);
    exchange("prompt\n");
  }
  ~BareClient() { ::close(fd_); }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  void add(const std::string& list, const std::string& path, const std::string& pem) {
    expect(exchange("new ssl cert " + path + "\n"), "New empty");
    renew(path, pem);
    expect(exchange("add ssl crt-list " + list + " " + path + "\n"), "Success!");
  }
  void renew(const std::string& path, const std::string& pem) {
    expect(exchange("set ssl cert " + path + " <<\n" + pem + "\n"),
           "for certificate " + path + "!");
    expect(exchange("commit ssl cert " + path + "\n"), "Success!");
  }

 private:
  static void expect(const std::string& reply, std::string_view text) {
    if (reply.find(text) == std::string::npos) throw std::runtime_error("HAProxy: " + reply);
  }
  std::string exchange(const std::string& command) {
    for (std::size_t sent = 0; sent < command.size();) {
      const ssize_t n = ::write(fd_, command.data() + sent, command.size() - sent);
      if (n <= 0) throw std::runtime_error("write to HAProxy");
      sent += static_cast<std::size_t>(n);
    }
    std::string reply;
    char part[65536];
    while (reply != "> " && !reply.ends_with("\n> ")) {
      const ssize_t n = ::read(fd_, part, sizeof part);
      if (n <= 0) throw std::runtime_error("HAProxy closed: " + reply);
      reply.append(part, static_cast<std::size_t>(n));
    }
    return reply;
  }

  const int fd_;
};

}  // namespace bench
