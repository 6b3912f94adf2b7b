#include "spop/asio/session.h"

namespace spop {

using base::MonotonicTime;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
namespace asio = base::asio;

Session::Session(Socket socket, ConnectionEnvironment& environment, Owner& owner, std::uint64_t id)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      connection_(environment, id, Clock::now()),
      owner_(owner),
      id_(id) {
  error_code ec;
  socket_.non_blocking(true, ec);
  if (ec) connection_.on_end();
}

void Session::start() {
  advance(Clock::now());
}

void Session::complete(std::uint64_t serial,
                       std::span<const std::byte> actions,
                       MonotonicTime now) {
  connection_.complete(serial, actions, now);
}

void Session::stop(MonotonicTime deadline) {
  const MonotonicTime now = Clock::now();
  connection_.stop(deadline, now);
  advance(now);
}

void Session::advance(MonotonicTime now) {
  if (closed_) return;
  write(now);
  if (connection_.wants_half_close()) {
    error_code ignored;  // the peer may be gone; then the next read says so
    socket_.shutdown(Socket::shutdown_send, ignored);
    connection_.on_half_closed(now);
  }
  if (connection_.is_closed()) return close();
  if (connection_.wants_read() && !reading_) read();
  arm_timer();
}

void Session::read() {
  reading_ = true;
  const auto space = connection_.prepare();
  auto done = [self = shared_from_this()](error_code ec, std::size_t n) mutable {
    Session& session = *self;
    session.on_read(std::move(self), ec, n);
  };
  socket_.async_read_some(asio::buffer(space.data(), space.size()),
                          WithMemory(read_memory_, std::move(done)));
}

void Session::on_read(std::shared_ptr<Session> self, const error_code& ec, std::size_t n) {
  reading_ = false;
  const MonotonicTime now = Clock::now();
  if (ec) {
    connection_.on_end();
    return advance(now);
  }
  connection_.gather(n, now);
  owner_.on_session_read(std::move(self), now);
}

/// Without waiting for readiness first: nearly always the socket takes it all.
void Session::write(MonotonicTime now) {
  while (!waiting_writable_) {
    const auto output = connection_.output();
    if (output.empty()) return;
    error_code ec;
    const std::size_t n = socket_.write_some(asio::buffer(output.data(), output.size()), ec);
    if (ec == asio::error::would_block) return wait_writable();
    if (ec) return connection_.on_end();
    connection_.on_written(n, now);
  }
}

void Session::wait_writable() {
  waiting_writable_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code) {
    self->waiting_writable_ = false;
    self->advance(Clock::now());
  });
}

/// Moves the timer only to make it earlier: most deadlines are put off by each read.
void Session::arm_timer() {
  const MonotonicTime deadline = connection_.deadline();
  if (deadline >= armed_) return;
  armed_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec) return;  // cancelled: by an earlier deadline or by close()
    self->armed_ = MonotonicTime::max();
    const MonotonicTime now = Clock::now();
    self->connection_.on_deadline(now);
    self->advance(now);
  });
}

void Session::close() {
  if (closed_) return;
  closed_ = true;
  connection_.on_end();
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  owner_.on_session_closed(id_, connection_.failure());
}

}  // namespace spop
