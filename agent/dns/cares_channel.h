#pragma once

#include <chrono>
#include <map>
#include <memory>

#include "agent/dns/dns_resolver.h"

struct ares_channeldata;

namespace agent {

struct CaresOptions {
  std::chrono::milliseconds timeout{2'000};  ///< of the first try; doubles from try to try
  int tries = 3;
  enum class Recursion { wanted, not_wanted } recursion = Recursion::wanted;
};

/// c-ares' way to one name server, on the executor's loop: UDP, and TCP where a reply is truncated;
/// no thread is blocked. Keeps no socket while nothing is asked. Used by one thread.
class CaresChannel : public std::enable_shared_from_this<CaresChannel> {
 public:
  /// REQUIRES: the server's host is numeric. Throws std::runtime_error if c-ares cannot start.
  static std::shared_ptr<CaresChannel> open(base::asio::any_io_executor executor,
                                            DnsServer server,
                                            CaresOptions options);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  /// Whatever the server replies, its RCODE included. Errors: transient, without a reply that can
  /// be read.
  base::asio::awaitable<base::Result<dns::Message, DnsError>> query(DnsQuestion question);

 private:
  struct Socket;
  struct Arrival;

  CaresChannel(base::asio::any_io_executor executor, DnsServer server, CaresOptions options);
  static void on_socket(void* self, int fd, int readable, int writable) noexcept;
  static void on_reply(void* arrival, int status, int, unsigned char* bytes, int size) noexcept;
  void watch(int fd, bool readable, bool writable);
  void arm(int fd, const std::shared_ptr<Socket>& socket);
  void on_ready(int fd, int readable_fd, int writable_fd);
  void arm_timer();

  base::asio::any_io_executor executor_;
  const DnsServer server_;
  base::asio::steady_timer timer_;
  std::map<int, std::shared_ptr<Socket>> sockets_;  // by descriptor; c-ares closes them
  ares_channeldata* channel_ = nullptr;
};

}  // namespace agent
