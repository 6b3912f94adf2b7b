#include "haproxy/asio/runtime_session.h"

#include <stdexcept>
#include <utility>
#include <variant>

namespace haproxy {
namespace {

namespace asio = base::asio;
using base::Result;
using base::Unexpected;

constexpr std::size_t max_reply = std::size_t{128} << 20;  // 100 bytes a certificate are listed

}  // namespace

/// What timer and reader share; it outlives a session that is destroyed while a timer's handler is
/// queued.
class RuntimeSession::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const asio::any_io_executor& executor, PromptStyle style)
      : socket_(executor), deadline_(executor), reader_(max_reply, style) {}

  /// The time all following operations have; expired, it closes the connection.
  void limit(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    const std::uint64_t armed = ++armed_;
    deadline_.async_wait([weak = weak_from_this(), armed](const boost::system::error_code& ec) {
      const auto self = weak.lock();
      // A handler that was queued already when its timer was armed anew is not cancelled.
      if (ec || !self || armed != self->armed_) return;
      self->timed_out_ = true;
      self->close();
    });
  }
  void unlimit() {
    ++armed_;
    deadline_.cancel();
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
  }
  bool is_open() const { return socket_.is_open(); }

  asio::awaitable<Result<void, RuntimeError>> connect(base::Endpoint endpoint) {
    const std::shared_ptr<Connection> self = shared_from_this();
    const auto address = base::to_asio(endpoint);
    boost::system::error_code ec;
    co_await socket_.async_connect(address, base::into(ec));
    unlimit();
    if (ec) co_return fail(ec, to_string(endpoint) + ": ");
    co_return Result<void, RuntimeError>();
  }

  /// Sends one command and takes its reply.
  asio::awaitable<Result<std::string, RuntimeError>> exchange(std::string bytes) {
    const std::shared_ptr<Connection> self = shared_from_this();
    boost::system::error_code ec;
    if (socket_.available(ec) > 0) co_return fail(Errc::protocol_error, "unasked bytes");
    const auto output = asio::buffer(bytes);
    co_await asio::async_write(socket_, output, base::into(ec));
    // After an error too: HAProxy may have said why before it closed.
    while (true) {
      const auto space = reader_.prepare();
      const auto input = asio::buffer(space.data(), space.size());
      const std::size_t n = co_await socket_.async_read_some(input, base::into(ec));
      if (ec) co_return fail(ec, std::string(reader_.partial()));
      auto reply = reader_.commit(n);
      if (!reply) co_return fail(reply.error(), "the reply does not end, or is two");
      if (*reply) co_return std::move(**reply);
    }
  }

 private:
  Unexpected<RuntimeError> fail(std::error_code code, std::string detail) {
    close();
    return Unexpected(RuntimeError{code, std::move(detail)});
  }
  Unexpected<RuntimeError> fail(const boost::system::error_code& ec, std::string context) {
    if (timed_out_) return fail(Errc::timeout, std::move(context));
    return fail(Errc::connection_closed, std::move(context) + ec.message());
  }

  base::StreamProtocol::socket socket_;
  asio::steady_timer deadline_;
  ReplyReader reader_;
  std::uint64_t armed_ = 0;  ///< counts limit() and unlimit()
  bool timed_out_ = false;
};

RuntimeSession::RuntimeSession(std::shared_ptr<Connection> connection,
                               RuntimeSessionOptions options)
    : connection_(std::move(connection)), options_(std::move(options)) {}

RuntimeSession::~RuntimeSession() {
  close();
}

asio::awaitable<RuntimeSession::Opened> RuntimeSession::open(asio::any_io_executor executor,
                                                             base::Endpoint endpoint,
                                                             RuntimeSessionOptions options) {
  const PromptStyle style = options.worker ? PromptStyle::master : PromptStyle::process;
  auto connection = std::make_shared<Connection>(executor, style);
  connection->limit(options.connect_timeout);
  auto connected = co_await connection->connect(endpoint);
  if (!connected) co_return Unexpected(std::move(connected).error());
  std::unique_ptr<RuntimeSession> session(
      new RuntimeSession(std::move(connection), std::move(options)));
  SessionStart start(session->options_.worker);
  auto started = co_await session->run(start);
  if (!started) co_return Unexpected(std::move(started).error());
  session->process_ = start.process();
  session->certificates_ = start.certificates();
  co_return session;
}

asio::awaitable<Result<Reply, RuntimeError>> RuntimeSession::run(Command command) {
  if (auto fits = check(command, process_.version, options_.tuning); !fits)
    co_return Unexpected(std::move(fits).error());
  const std::shared_ptr<Connection> connection = connection_;
  if (!connection->is_open())
    co_return Unexpected(RuntimeError{Errc::connection_closed, {}, to_string(command)});
  if (std::exchange(busy_, true)) throw std::logic_error("two commands at once on one session");
  connection->limit(options_.command_timeout);
  std::string bytes = encode(command);
  const auto sent = std::chrono::steady_clock::now();
  auto text = co_await connection->exchange(std::move(bytes));
  connection->unlimit();
  if (options_.on_reply) {
    const auto took = std::chrono::steady_clock::now() - sent;
    options_.on_reply(command, std::chrono::duration_cast<std::chrono::microseconds>(took));
  }
  busy_ = false;
  if (!text) {
    text.error().command = to_string(command);
    co_return Unexpected(std::move(text).error());
  }
  auto reply = parse_reply(command, *text);
  if (!reply && ends_session(reply.error().code)) connection->close();
  co_return reply;
}

asio::awaitable<Result<void, RuntimeError>> RuntimeSession::run(Sequence& sequence) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Step step = sequence.resume(Started{});
  while (true) {
    if (auto* command = std::get_if<Command>(&step)) {
      auto outcome = co_await run(std::move(*command));
      step = sequence.resume(std::move(outcome));
    } else if (const auto* wait = std::get_if<Wait>(&step)) {
      boost::system::error_code ignored;
      timer.expires_after(wait->time);
      co_await timer.async_wait(base::into(ignored));
      step = sequence.resume(Elapsed{});
    } else if (auto* failed = std::get_if<Failed>(&step)) {
      co_return Unexpected(std::move(failed->error));
    } else {
      co_return Result<void, RuntimeError>();
    }
  }
}

bool RuntimeSession::is_open() const {
  return connection_->is_open();
}

void RuntimeSession::close() {
  connection_->close();
}

}  // namespace haproxy
