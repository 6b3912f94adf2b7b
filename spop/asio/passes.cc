#include "spop/asio/passes.h"

#include <utility>

namespace spop {

using base::MonotonicTime;

namespace {

constexpr std::size_t usual_sessions = 64;  // more are taken, too

}  // namespace

Passes::Passes(base::asio::io_context& io, ConnectionEnvironment& environment)
    : io_(io), environment_(environment) {
  for (Sessions* each : {&asking_, &answered_, &resting_}) each->reserve(usual_sessions);
}

void Passes::on_read(std::shared_ptr<Session> session, MonotonicTime now) {
  asking_.push_back(std::move(session));
  if (!waiting_ && !size_.is_worth_waiting()) {
    answer(now);
    return resume(answered_, now);
  }
  ++reads_;
  if (environment_.batch.is_full()) answer(now);
  if (!waiting_) wait_for_end();
}

void Passes::answer(MonotonicTime now) {
  Connection::answer_gathered(environment_, now);
  for (auto& session : asking_) {
    session->write(now);
    answered_.push_back(std::move(session));
  }
  asking_.clear();
}

/// What is posted runs behind all that the reactor has found, and behind one more look at it.
void Passes::wait_for_end() {
  waiting_ = true;
  base::asio::post(io_, [this] { end(std::chrono::steady_clock::now()); });
}

void Passes::end(MonotonicTime now) {
  waiting_ = false;
  size_.saw(std::exchange(reads_, 0));
  answer(now);
  resume(resting_, now);
  resting_.swap(answered_);
  if (!resting_.empty()) wait_for_end();
}

void Passes::resume(Sessions& sessions, MonotonicTime now) {
  for (const auto& session : sessions) session->advance(now);
  sessions.clear();
}

}  // namespace spop
