#include "spop/asio/worker.h"

#include <pthread.h>

namespace spop {

using base::MonotonicTime;
namespace asio = base::asio;

Worker::Worker(const ConnectionOptions& options, Handler& handler, base::Log& log)
    : guard_(asio::make_work_guard(io_)),
      options_(options),
      log_(log),
      inbox_(std::make_shared<Inbox>(io_, [this] { complete_tickets(); })),
      environment_{options, handler, counters_, inbox_, {}, 0} {}

Worker::~Worker() {
  inbox_->close();
}

void Worker::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "spop");
    io_.run();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::adopt(Session::Socket socket) {
  open_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, taken = std::move(socket)]() mutable { begin_session(std::move(taken)); });
}

void Worker::begin_session(Session::Socket socket) {
  if (stopping_) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  const std::uint64_t id = next_id_++;
  const auto session = std::make_shared<Session>(std::move(socket), environment_, *this, id);
  sessions_.emplace(id, session);
  session->start();
}

void Worker::on_session_read(std::shared_ptr<Session> session, MonotonicTime now) {
  passes_.on_read(std::move(session), now);
}

void Worker::on_session_closed(std::uint64_t id, std::error_code failure) {
  if (failure) warn(failure);
  sessions_.erase(id);
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (stopping_ && sessions_.empty()) stop_timer_.cancel();
}

/// A broken peer comes back at once, so not for each: the counters have them all.
void Worker::warn(std::error_code failure) {
  constexpr std::chrono::seconds pause{10};
  const MonotonicTime now = std::chrono::steady_clock::now();
  if (now < next_warning_) return;
  next_warning_ = now + pause;
  log_.warn("peer broke the protocol", {{"error", failure}, {"code", failure.value()}});
}

void Worker::complete_tickets() {
  const auto completions = inbox_->take();
  const MonotonicTime now = std::chrono::steady_clock::now();
  for (const Inbox::Completion& each : completions) {
    const auto found = sessions_.find(each.id.connection);
    if (found != sessions_.end()) found->second->complete(each.id.serial, each.actions, now);
  }
  // Only now, so that all answers of one connection leave in one write.
  for (const Inbox::Completion& each : completions) {
    const auto found = sessions_.find(each.id.connection);
    if (found == sessions_.end()) continue;
    const std::shared_ptr<Session> session = found->second;  // advance() may close it
    session->advance(now);
  }
}

void Worker::stop(MonotonicTime deadline) {
  asio::post(io_, [this, deadline] { begin_stop(deadline); });
}

void Worker::begin_stop(MonotonicTime deadline) {
  stopping_ = true;
  guard_.reset();
  std::vector<std::shared_ptr<Session>> sessions;  // stop() may close some
  for (const auto& [id, session] : sessions_) sessions.push_back(session);
  for (const auto& session : sessions) session->stop(deadline);
  if (sessions_.empty()) return;
  stop_timer_.expires_at(deadline + options_.drain_timeout);
  stop_timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) close_all();
  });
}

void Worker::close_all() {
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto& [id, session] : sessions_) sessions.push_back(session);
  for (const auto& session : sessions) session->close();
}

}  // namespace spop
