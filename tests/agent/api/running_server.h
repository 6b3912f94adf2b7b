#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "agent/api/http_server.h"
#include "agent/api/router.h"
#include "base/asio.h"
#include "base/log.h"
#include "tests/agent/store/temporary_folder.h"

namespace agent {

/// An HttpServer on a unix socket of its own and a thread of its own.
class RunningServer {
 public:
  explicit RunningServer(const Router& router, HttpLimits limits = {})
      : server_(io_, router, log_, limits),
        endpoint_(server_.listen(base::UnixEndpoint{folder_ / "http.sock"}, 0600).value()),
        thread_([this] { io_.run(); }) {}
  ~RunningServer() { stop(); }

  const base::Endpoint& endpoint() const { return endpoint_; }
  base::asio::io_context& io() { return io_; }

  /// Returns once every connection is closed and the thread has nothing left to do.
  void stop() {
    if (!thread_.joinable()) return;
    begin_stop();
    work_.reset();
    thread_.join();
  }
  /// A second socket, for those whom the authenticator knows, on the same thread.
  base::Endpoint listen_guarded(const Router& router, Authenticator& authenticator) {
    base::Endpoint endpoint;
    in_thread([&] {
      guarded_.emplace(io_, router, log_, HttpLimits{}, &authenticator);
      endpoint = guarded_->listen(base::UnixEndpoint{folder_ / "guarded.sock"}, 0600).value();
    });
    return endpoint;
  }
  /// Returns once the server has been told.
  void begin_stop() {
    in_thread([this] {
      base::asio::co_spawn(io_, server_.stop(), base::log_failure(log_, "stop"));
      if (guarded_) base::asio::co_spawn(io_, guarded_->stop(), base::log_failure(log_, "stop"));
    });
  }
  std::size_t open_connections() {
    std::size_t open = 0;
    in_thread([&] { open = server_.open_connections(); });
    return open;
  }
  /// Runs `work` on the server's thread and waits for it.
  void in_thread(std::function<void()> work) {
    base::asio::post(io_, std::packaged_task<void()>(std::move(work))).get();
  }

 private:
  TemporaryFolder folder_;
  base::NullLog log_;
  base::asio::io_context io_{1};
  base::asio::executor_work_guard<base::asio::io_context::executor_type> work_{io_.get_executor()};
  HttpServer server_;
  std::optional<HttpServer> guarded_;
  base::Endpoint endpoint_;
  std::thread thread_;
};

}  // namespace agent
