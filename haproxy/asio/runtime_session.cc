#include "haproxy/asio/runtime_session.h"

#include <mutex>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/run_on.h"
#include "haproxy/asio/connect.h"
#include "haproxy/asio/runtime_connection.h"

namespace haproxy {
namespace {

namespace asio = base::asio;
using base::Result;
using base::Unexpected;
using Clock = std::chrono::steady_clock;

/// Each time the executor is told of successes its thread is woken, which HAProxy waits for.
constexpr std::size_t told_together = 8;

/// A sequence that has come to its end.
struct Success {
  std::size_t index;
  std::chrono::nanoseconds took;
};

/// The socket's descriptor, which nobody owns now. Its reactor hears no more of it.
int release_blocking(StreamSocket& socket) {
  boost::system::error_code ignored;
  socket.native_non_blocking(false, ignored);
  return socket.release();
}

}  // namespace

/// What happens on the session's thread; close() and the times of commands are for any.
class RuntimeSession::Worker {
 public:
  struct CommandTime {
    std::string_view kind;
    std::chrono::microseconds took;
  };

  Worker(int fd, const RuntimeSessionOptions& options)
      : connection_(fd,
                    options.worker ? PromptStyle::master : PromptStyle::process,
                    options.command_timeout),
        tuning_(options.tuning) {}

  void set_version(const Version& version) { version_ = version; }
  void close() { connection_.close(); }
  bool is_open() const { return connection_.is_open(); }

  Result<Reply, RuntimeError> run(const Command& command) {
    if (auto fits = check(command, version_, tuning_); !fits) {
      return Unexpected(std::move(fits).error());
    }
    const std::string bytes = encode(command);
    const Clock::time_point sent = Clock::now();
    auto text = connection_.exchange(bytes);
    note(kind_of(command), Clock::now() - sent);
    if (!text) {
      text.error().command = to_string(command);
      return Unexpected(std::move(text).error());
    }
    auto reply = parse_reply(command, *text);
    if (!reply && ends_session(reply.error().code)) connection_.close();
    return reply;
  }

  Done run(Sequence& sequence) {
    Step step = sequence.resume(Started{});
    while (true) {
      if (const auto* command = std::get_if<Command>(&step)) {
        step = sequence.resume(run(*command));
      } else if (const auto* wait = std::get_if<Wait>(&step)) {
        connection_.rest(wait->time);
        step = sequence.resume(Elapsed{});
      } else if (auto* failed = std::get_if<Failed>(&step)) {
        return Unexpected(std::move(failed->error));
      } else {
        return {};
      }
    }
  }

  std::vector<CommandTime> take_times() {
    const std::lock_guard lock(mutex_);
    return std::exchange(times_, {});
  }

 private:
  void note(std::string_view kind, Clock::duration took) {
    const std::lock_guard lock(mutex_);
    times_.push_back({kind, std::chrono::duration_cast<std::chrono::microseconds>(took)});
  }

  RuntimeConnection connection_;
  const Tuning tuning_;
  Version version_;
  std::mutex mutex_;
  std::vector<CommandTime> times_;  ///< not yet reported; with mutex_
};

RuntimeSession::RuntimeSession(asio::any_io_executor executor,
                               std::shared_ptr<Worker> worker,
                               RuntimeSessionOptions options)
    : executor_(std::move(executor)), worker_(std::move(worker)), options_(std::move(options)) {}

RuntimeSession::~RuntimeSession() {
  close();
  thread_.join();
}

asio::awaitable<RuntimeSession::Opened> RuntimeSession::open(asio::any_io_executor executor,
                                                             base::Endpoint endpoint,
                                                             RuntimeSessionOptions options) {
  auto connected = co_await connect(executor, endpoint, options.connect_timeout);
  if (!connected) co_return Unexpected(std::move(connected).error());
  auto worker = std::make_shared<Worker>(release_blocking(*connected), options);
  std::unique_ptr<RuntimeSession> session(
      new RuntimeSession(executor, std::move(worker), std::move(options)));
  auto started = co_await session->start();
  if (!started) co_return Unexpected(std::move(started).error());
  co_return session;
}

asio::awaitable<RuntimeSession::Done> RuntimeSession::start() {
  claim();
  auto begin = [worker = worker_, start = std::make_shared<SessionStart>(options_.worker)] {
    Done done = worker->run(*start);
    return std::pair(std::move(done), start);
  };
  const auto [done, start] = co_await base::run_on(thread_, std::move(begin));
  release();
  if (!done) co_return done;
  process_ = start->process();
  certificates_ = start->certificates();
  worker_->set_version(process_.version);
  co_return Done();
}

asio::awaitable<Result<Reply, RuntimeError>> RuntimeSession::run(Command command) {
  claim();
  auto work = [worker = worker_, task = std::move(command)] { return worker->run(task); };
  auto reply = co_await base::run_on(thread_, std::move(work));
  release();
  co_return reply;
}

asio::awaitable<RuntimeSession::Done> RuntimeSession::run(std::unique_ptr<Sequence> sequence) {
  Sequences one;
  one.push_back(std::move(sequence));
  OnSuccess nobody;
  co_return co_await run(std::move(one), std::move(nobody));
}

asio::awaitable<RuntimeSession::Done> RuntimeSession::run(Sequences sequences,
                                                          OnSuccess on_success) {
  claim();
  // The coroutine may be gone before the thread is: what this refers to is its own.
  auto work = [this, worker = worker_, all = std::move(sequences), tell = std::move(on_success)] {
    std::vector<Success> successes;
    Done done;
    for (std::size_t i = 0; i < all.size() && done; ++i) {
      const Clock::time_point begun = Clock::now();
      done = worker->run(*all[i]);
      if (done) successes.push_back({i, Clock::now() - begun});
      if (successes.size() < told_together && done && i + 1 < all.size()) continue;
      asio::post(executor_, [this, tell, told = std::exchange(successes, {})] {
        report();
        for (const Success& one : told) {
          if (tell) tell(one.index, one.took);
        }
      });
    }
    return done;
  };
  Done done = co_await base::run_on(thread_, std::move(work));
  release();
  co_return done;
}

void RuntimeSession::claim() {
  if (std::exchange(busy_, true)) throw std::logic_error("two commands at once on one session");
}

void RuntimeSession::release() {
  busy_ = false;
  report();
}

void RuntimeSession::report() {
  for (const auto& [kind, took] : worker_->take_times()) {
    if (options_.on_reply) options_.on_reply(kind, took);
  }
}

bool RuntimeSession::is_open() const {
  return worker_->is_open();
}

void RuntimeSession::close() {
  worker_->close();
}

}  // namespace haproxy
