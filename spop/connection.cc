#include "spop/connection.h"

#include <algorithm>

#include "spop/disconnect.h"
#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"

namespace spop {

using base::MonotonicTime;

/// Makes a ticket for the NOTIFY that is being answered.
class Connection::AckDeferral final : public Deferral {
 public:
  explicit AckDeferral(Connection& connection) : connection_(connection) {}

  std::optional<Ticket> defer() override {
    ConnectionEnvironment& environment = connection_.environment_;
    if (connection_.pending_.size() >= environment.options.max_deferred ||
        environment.deferred >= environment.options.max_deferred_per_worker) {
      environment.counters.deferrals_refused.add();
      return std::nullopt;
    }
    serial_ = connection_.next_serial_++;
    return Ticket(environment.tickets, {connection_.id_, *serial_});
  }

  /// Of the ticket, if one was taken.
  std::optional<std::uint64_t> serial() const { return serial_; }

 private:
  Connection& connection_;
  std::optional<std::uint64_t> serial_;
};

Connection::Connection(ConnectionEnvironment& environment, std::uint64_t id, MonotonicTime now)
    : environment_(environment),
      id_(id),
      decoder_(environment.options.max_hello_size),
      max_frame_size_(environment.options.max_frame_size),
      wake_(now + environment.options.hello_timeout),
      received_(now),
      progress_(now) {
  environment_.counters.connections_accepted.add();
}

Connection::~Connection() {
  close();
  environment_.counters.connections_closed.add();
}

bool Connection::wants_read() const {
  switch (state_) {
    case State::hello:
    case State::running:
      // A slow reader is not read from, and what is gathered lies where the next read would go.
      return output_.empty() && !backlog_ && !gathered_;
    case State::draining: return true;
    case State::refusing:
    case State::leaving:
    case State::closed: return false;
  }
  return false;
}

void Connection::begin(MonotonicTime now) {
  if (gathered_) answer_gathered(environment_, now);
  if (output_.empty()) progress_ = now;
}

void Connection::on_received(std::size_t n, MonotonicTime now) {
  gather(n, now);
  answer_gathered(environment_, now);
}

void Connection::gather(std::size_t n, MonotonicTime now) {
  begin(now);
  received_ = now;
  environment_.counters.bytes_received.add(n);
  if (state_ == State::draining) return;  // not committed, hence dropped
  decoder_.commit(n);
  decode(now);
  if (!must_stop(now)) return;
  answer_gathered(environment_, now);
  const bool is_done = state_ == State::running && pending_.empty() && !backlog_;
  if (is_done) leave({});
}

void Connection::on_end() {
  close();
}

void Connection::on_written(std::size_t n, MonotonicTime now) {
  environment_.counters.bytes_sent.add(n);
  progress_ = now;
  sent_ += n;
  if (sent_ < output_.size()) return;
  output_.clear();
  sent_ = 0;
  if (!backlog_) return;
  decode(now);
  answer_gathered(environment_, now);
}

void Connection::on_half_closed(MonotonicTime now) {
  state_ = State::draining;
  wake_ = now + environment_.options.drain_timeout;
}

// ---- receiving

void Connection::decode(MonotonicTime now) {
  backlog_ = false;
  while (state_ == State::hello || state_ == State::running) {
    if (output_.size() >= environment_.options.max_output) {
      backlog_ = true;
      break;
    }
    const auto bytes = decoder_.next();
    if (!bytes) return fail(bytes.error(), now);
    if (!*bytes) break;
    const auto frame = parse_frame(**bytes);
    if (!frame) return fail(frame.error(), now);
    environment_.counters.frames.add();
    dispatch(*frame, now);
  }
}

void Connection::dispatch(const Frame& frame, MonotonicTime now) {
  if (state_ == State::hello) return accept_hello(frame, now);
  switch (frame.type) {
    case FrameType::notify: return collect_notify(frame, now);
    case FrameType::haproxy_disconnect: return accept_disconnect(frame, now);
    case FrameType::haproxy_hello: return fail(Errc::invalid_frame, now);
    case FrameType::unset: return fail(Errc::interlaced_frames, now);
    case FrameType::agent_hello:
    case FrameType::agent_disconnect:
    case FrameType::ack: break;
  }
  environment_.counters.frames_skipped.add();
}

void Connection::accept_hello(const Frame& frame, MonotonicTime now) {
  if (frame.type != FrameType::haproxy_hello) return fail(Errc::invalid_frame, now);
  const auto hello = parse_haproxy_hello(frame);
  if (!hello) return fail(hello.error(), now);
  const auto answer = negotiate(*hello, environment_.options.max_frame_size);
  if (!answer) return fail(answer.error(), now);
  encode_agent_hello(*answer, output_);
  max_frame_size_ = static_cast<std::size_t>(answer->max_frame_size);
  decoder_.set_max_frame_size(max_frame_size_);
  state_ = hello->healthcheck ? State::leaving : State::running;
  if (hello->healthcheck) environment_.counters.healthchecks.add();
}

void Connection::collect_notify(const Frame& frame, MonotonicTime now) {
  environment_.counters.notifies.add();
  if (!frame.has_fin()) return fail(Errc::fragmentation_not_supported, now);
  NotifyBatch::Added added = environment_.batch.add(frame, this);
  if (added == NotifyBatch::Added::no_space) {
    answer_gathered(environment_, now);
    added = environment_.batch.add(frame, this);
  }
  if (added == NotifyBatch::Added::yes) {
    gathered_ = true;
  } else {
    environment_.counters.notifies_undecodable.add();
    answer_gathered(environment_, now);  // so that answers leave in the order of their questions
    send_ack(frame.stream_id, frame.frame_id, {});
  }
}

void Connection::accept_disconnect(const Frame& frame, MonotonicTime now) {
  const auto disconnect = parse_disconnect(frame);
  if (!disconnect) return fail(disconnect.error(), now);
  environment_.counters.disconnects_received[disconnect_kind(disconnect->status_code)].add();
  answer_gathered(environment_, now);
  leave({});
}

// ---- answering

void Connection::answer_gathered(ConnectionEnvironment& environment, MonotonicTime now) {
  NotifyBatch& batch = environment.batch;
  if (batch.empty()) return;
  const auto notifies = batch.views();
  environment.handler.prefetch(notifies);
  for (std::size_t i = 0; i < notifies.size(); ++i) {
    Connection& asker = *batch.asker(i);
    asker.gathered_ = false;
    asker.answer(notifies[i], now);
  }
  batch.clear();
}

void Connection::answer(const NotifyView& notify, MonotonicTime now) {
  FrameWriter ack(output_, FrameType::ack, notify.stream_id, notify.frame_id);
  ActionWriter actions(output_, max_frame_size_ - ack.size());
  AckDeferral deferral(*this);
  environment_.handler.answer(notify, actions, deferral);
  if (!deferral.serial()) {
    const bool is_silent = actions.empty() && !actions.overflowed();
    if (is_silent) environment_.counters.notifies_unanswered.add();
    return finish_ack(ack, actions);
  }
  const auto miss = output_.bytes().last(actions.overflowed() ? 0 : actions.size());
  pending_.add({*deferral.serial(),
                notify.stream_id,
                notify.frame_id,
                now + environment_.options.defer_timeout,
                {miss.begin(), miss.end()}});
  ++environment_.deferred;
  environment_.counters.deferrals.add();
  ack.discard();
}

void Connection::send_ack(StreamId stream_id,
                          FrameId frame_id,
                          std::span<const std::byte> encoded_actions) {
  FrameWriter ack(output_, FrameType::ack, stream_id, frame_id);
  ActionWriter actions(output_, max_frame_size_ - ack.size());
  actions.append(encoded_actions);
  finish_ack(ack, actions);
}

/// An ACK has one action at least, because some releases stall on an empty one, and never exceeds
/// the negotiated size, because 3.1 and newer then fail every request of the connection.
void Connection::finish_ack(FrameWriter& ack, const ActionWriter& actions) {
  if (actions.overflowed()) {
    environment_.counters.acks_too_big.add();
    ack.clear_payload();
  }
  if (actions.empty()) ActionWriter(output_).unset_var(Scope::transaction, "noop");
  ack.finish();
  environment_.counters.acks.add();
}

void Connection::complete(std::uint64_t serial,
                          std::span<const std::byte> actions,
                          MonotonicTime now) {
  begin(now);
  const auto pending = pending_.take(serial);
  if (!pending) return;
  --environment_.deferred;
  send_ack(pending->stream_id, pending->frame_id, actions);
}

void Connection::send_misses(MonotonicTime until) {
  while (const auto pending = pending_.take_expired(until)) {
    --environment_.deferred;
    environment_.counters.deferrals_missed.add();
    send_ack(pending->stream_id, pending->frame_id, pending->miss);
  }
}

// ---- ending

/// A peer broke the protocol: a connection that has not begun is refused after a pause.
void Connection::fail(std::error_code reason, MonotonicTime now) {
  if (!failure_) failure_ = reason;
  if (state_ == State::hello) {
    state_ = State::refusing;
    wake_ = now + environment_.options.refusal_pause;
    environment_.counters.connections_refused.add();
    return;
  }
  answer_gathered(environment_, now);
  leave(reason);
}

/// The DISCONNECT goes out behind what is queued already.
void Connection::leave(std::error_code reason) {
  encode_disconnect(FrameType::agent_disconnect, reason, output_);
  const auto status_code = static_cast<std::uint64_t>(reason.value());
  environment_.counters.disconnects_sent[disconnect_kind(status_code)].add();
  drop_pending();
  state_ = State::leaving;
}

void Connection::close() {
  if (gathered_) answer_gathered(environment_, received_);  // the views are of this one's memory
  drop_pending();
  state_ = State::closed;
}

void Connection::drop_pending() {
  environment_.deferred -= pending_.size();
  pending_.clear();
}

void Connection::stop(MonotonicTime deadline, MonotonicTime now) {
  begin(now);
  stop_at_ = deadline;
  received_ = now;  // what lies unread in the socket shows up before the quiet is over
  if (state_ == State::hello) close();
}

bool Connection::must_stop(MonotonicTime now) const {
  return stop_at_ && now >= *stop_at_;
}

// ---- time

MonotonicTime Connection::deadline() const {
  switch (state_) {
    case State::hello:
    case State::refusing:
    case State::draining: return wake_;
    case State::running: return running_deadline();
    case State::leaving: return progress_ + environment_.options.write_timeout;
    case State::closed: break;
  }
  return MonotonicTime::max();
}

MonotonicTime Connection::running_deadline() const {
  const ConnectionOptions& options = environment_.options;
  if (output_.empty() && pending_.empty()) {
    return received_ + (stop_at_ ? options.stop_quiet : options.idle_timeout);
  }
  MonotonicTime next = stop_at_.value_or(MonotonicTime::max());
  if (!output_.empty()) next = std::min(next, progress_ + options.write_timeout);
  if (const auto miss = pending_.next_deadline()) next = std::min(next, *miss);
  return next;
}

void Connection::on_deadline(MonotonicTime now) {
  if (now < deadline()) return;
  begin(now);
  switch (state_) {
    case State::refusing: return leave(failure_);
    case State::running: return on_running_deadline(now);
    case State::hello:
    case State::leaving:
    case State::draining:
    case State::closed: return close();
  }
}

void Connection::on_running_deadline(MonotonicTime now) {
  const ConnectionOptions& options = environment_.options;
  const bool is_blocked = !output_.empty();
  if (is_blocked && now >= progress_ + options.write_timeout) return close();
  const bool is_late = must_stop(now);
  send_misses(is_late ? MonotonicTime::max() : now);
  if (!pending_.empty()) return;
  if (stop_at_) {
    if (is_blocked ? is_late : now >= received_ + options.stop_quiet) leave({});
  } else if (output_.empty() && now >= received_ + options.idle_timeout) {
    close();
  }
}

}  // namespace spop
