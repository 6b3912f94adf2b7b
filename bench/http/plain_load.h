#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <poll.h>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

#include "bench/spop/blocking_socket.h"

namespace bench {

inline double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.empty()
             ? 0
             : values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

/// Plain requests at a constant rate, whatever the replies do: on whichever of its connections is
/// free. A request that finds none free counts from when it was due.
class PlainLoad {
 public:
  static constexpr std::chrono::microseconds between{500};  ///< two requests

  PlainLoad(const base::Endpoint& server, const std::string& host)
      : request_("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n") {
    for (pollfd& connection : connections_) {
      connection = {connect_to(server), POLLIN, 0};
      free_.push_back(connection.fd);
    }
    thread_ = std::thread([this] { run(); });
  }
  ~PlainLoad() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    for (const pollfd& connection : connections_) ::close(connection.fd);
  }
  PlainLoad(const PlainLoad&) = delete;
  PlainLoad& operator=(const PlainLoad&) = delete;

  /// Requests that were not answered with 200; after end().
  std::size_t failed() const { return failed_; }
  /// What each request took, in seconds.
  std::vector<double> end() {
    stop_ = true;
    thread_.join();
    return std::move(latencies_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run() {
    Clock::time_point due = Clock::now();
    while (!stop_) {
      for (; Clock::now() >= due; due += between) waiting_.push_back(due);
      while (!waiting_.empty() && !free_.empty()) send();
      const auto left = std::max<Clock::duration>(due - Clock::now(), Clock::duration::zero());
      const timespec time{0, static_cast<long>(std::chrono::nanoseconds(left).count())};
      if (::ppoll(connections_.data(), connections_.size(), &time, nullptr) > 0) receive();
    }
  }
  /// Counts from now, since our own late waking is no time of HAProxy's, unless it had to wait.
  void send() {
    const int fd = free_.front();
    free_.pop_front();
    const Clock::time_point now = Clock::now();
    const bool had_to_wait = std::exchange(none_was_free_, free_.empty());
    began_[static_cast<std::size_t>(fd)] = had_to_wait ? waiting_.front() : now;
    waiting_.pop_front();
    if (::write(fd, request_.data(), request_.size()) < 0) lose();
  }
  void receive() {
    for (const pollfd& connection : connections_) {
      if (connection.revents == 0) continue;
      char reply[4096];
      const ssize_t size = ::read(connection.fd, reply, sizeof reply);
      if (size <= 0) return lose();
      constexpr std::string_view good = "HTTP/1.1 200";
      if (!std::string_view(reply, static_cast<std::size_t>(size)).starts_with(good)) ++failed_;
      const auto took = Clock::now() - began_[static_cast<std::size_t>(connection.fd)];
      latencies_.push_back(std::chrono::duration<double>(took).count());
      free_.push_back(connection.fd);
    }
  }

  /// A connection is gone: no more is measured.
  void lose() {
    ++failed_;
    stop_ = true;
  }

  const std::string request_;
  std::atomic<bool> stop_ = false;
  std::size_t failed_ = 0;
  std::array<pollfd, 16> connections_{};
  std::deque<int> free_;
  bool none_was_free_ = false;
  std::deque<Clock::time_point> waiting_;  ///< when they were due
  std::vector<Clock::time_point> began_ = std::vector<Clock::time_point>(65536);  ///< by descriptor
  std::vector<double> latencies_;
  std::thread thread_;
};

}  // namespace bench
