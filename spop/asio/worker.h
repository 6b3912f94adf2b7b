#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/asio.h"
#include "base/log.h"
#include "spop/asio/inbox.h"
#include "spop/asio/passes.h"
#include "spop/asio/session.h"
#include "spop/connection.h"

namespace spop {

/// One thread, its io_context, and the sessions that live on it.
class Worker final : public Session::Owner {
 public:
  /// REQUIRES: all three outlive it.
  Worker(const ConnectionOptions& options, Handler& handler, base::Log& log);
  ~Worker();  ///< REQUIRES: join() has returned, or start() was never called.
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  base::asio::io_context& io() { return io_; }
  void start();
  /// Until stop() has been called and the last session is closed.
  void join();

  /// Takes over an accepted socket of io(). Thread-safe.
  void adopt(Session::Socket socket);
  /// Sessions say goodbye, at `deadline` whatever is, and at `deadline` plus the drain timeout are
  /// closed. Thread-safe; a second call can make it earlier.
  void stop(base::MonotonicTime deadline);

  /// Adopted and not yet closed. Thread-safe.
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }
  /// Thread-safe to read.
  const Counters& counters() const { return counters_; }

 private:
  void on_session_read(std::shared_ptr<Session> session, base::MonotonicTime now) override;
  void on_session_closed(std::uint64_t id, std::error_code failure) override;
  void warn(std::error_code failure);
  void begin_session(Session::Socket socket);
  void complete_tickets();
  void begin_stop(base::MonotonicTime deadline);
  void close_all();

  // Other threads post, but only this one touches its sockets and timers.
  base::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  std::optional<base::asio::executor_work_guard<base::asio::io_context::executor_type>> guard_;
  base::asio::steady_timer stop_timer_{io_};
  std::atomic<std::size_t> open_ = 0;
  Counters counters_;
  const ConnectionOptions& options_;
  base::Log& log_;
  const std::shared_ptr<Inbox> inbox_;
  ConnectionEnvironment environment_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::uint64_t next_id_ = 0;
  Passes passes_{io_, environment_};
  bool stopping_ = false;
  base::MonotonicTime next_warning_{};
  std::thread thread_;
};

}  // namespace spop
