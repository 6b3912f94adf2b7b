#include "agent/dns/run_program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace agent {
namespace {

using Descriptor = base::asio::posix::stream_descriptor;

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// A pipe whose both ends close with it, unless taken.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return ends_[0] >= 0; }
  int input() const { return ends_[1]; }
  int take_output() { return std::exchange(ends_[0], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// What posix_spawn(3) is told.
class SpawnOptions {
 public:
  SpawnOptions(int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t ours;  // what we ignore or catch
    ::sigemptyset(&ours);
    for (const int signal : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGCHLD}) ::sigaddset(&ours, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnOptions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Ours, with what the command sets instead of what we have of the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& set) {
  std::vector<std::string> all = set;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const std::string name = text.substr(0, text.find('=') + 1);
    bool is_set = false;
    for (const std::string& other : set) is_set = is_set || other.starts_with(name);
    if (!is_set) all.push_back(text);
  }
  return all;
}

base::Result<pid_t, std::string> spawn(Command command, int output, int errors) {
  const SpawnOptions options(output, errors);
  std::vector<std::string> environment = merged_environment(command.environment);
  const std::vector<char*> argv = pointers(command.arguments);
  const std::vector<char*> envp = pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawn(
      &pid, argv[0], options.actions(), options.attributes(), argv.data(), envp.data());
  if (error != 0) {
    return base::Unexpected(command.arguments.front() + " cannot be started: " + reason(error));
  }
  return pid;
}

/// A running program. Lives as long as somebody waits for something of it.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(const base::asio::any_io_executor& executor, pid_t pid, int pidfd, int output, int errors)
      : signal_(executor, base::asio::steady_timer::time_point::max()),
        timer_(executor),
        pid_(pid),
        exit_(executor, pidfd),
        streams_{Stream(executor, output), Stream(executor, errors)} {}
  ~Run() {
    if (has_ended_) return;  // else the loop ends before the program
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void start(std::chrono::milliseconds timeout) {
    for (Stream& stream : streams_) read(stream);
    exit_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const auto& ec) {
      if (!ec) self->on_exit();
    });
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this()](const auto& ec) {
      if (ec) return;
      self->is_overdue_ = true;
      ::kill(-self->pid_, SIGKILL);  // not reaped yet: the number is still its own
    });
  }
  base::asio::awaitable<ProgramEnd> end() {
    const auto self = shared_from_this();
    boost::system::error_code ignored;
    while (!self->has_ended_) co_await self->signal_.async_wait(base::into(ignored));
    co_return std::move(self->end_);
  }

 private:
  struct Stream {
    Stream(const base::asio::any_io_executor& executor, int fd) : descriptor(executor, fd) {}
    Descriptor descriptor;
    std::array<char, 4096> buffer{};
    std::string text{};

    void keep(std::size_t n) {
      text.append(buffer.data(), std::min(n, max_program_output - text.size()));
    }
    /// What is in the pipe now; others may hold it open for ever.
    void drain() {
      boost::system::error_code ec;
      descriptor.cancel(ec);
      descriptor.non_blocking(true, ec);
      while (!ec && text.size() < max_program_output) {
        keep(descriptor.read_some(base::asio::buffer(buffer), ec));
      }
      descriptor.close(ec);
    }
  };

  void read(Stream& stream) {
    stream.descriptor.async_read_some(
        base::asio::buffer(stream.buffer),
        [self = shared_from_this(), &stream](const auto& ec, std::size_t n) {
          if (ec || self->has_ended_) return;
          stream.keep(n);  // and past the limit reads on, so that the program does not hang
          self->read(stream);
        });
  }

  void on_exit() {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
    has_ended_ = true;
    const bool has_exited = info.si_code == CLD_EXITED;
    end_.cause = has_exited ? ProgramEnd::Cause::exited : ProgramEnd::Cause::killed;
    if (is_overdue_) end_.cause = ProgramEnd::Cause::timed_out;
    end_.number = info.si_status;
    for (Stream& stream : streams_) stream.drain();
    end_.output = std::move(streams_[0].text);
    end_.errors = std::move(streams_[1].text);
    timer_.cancel();
    signal_.cancel();
  }

  base::asio::steady_timer signal_;
  base::asio::steady_timer timer_;
  const pid_t pid_;
  Descriptor exit_;
  std::array<Stream, 2> streams_;
  ProgramEnd end_;
  bool has_ended_ = false;
  bool is_overdue_ = false;
};

}  // namespace

base::asio::awaitable<base::Result<ProgramEnd, std::string>> run_program(Command command) {
  const auto executor = co_await base::asio::this_coro::executor;
  Pipe output;
  Pipe errors;
  if (!output.is_open() || !errors.is_open()) {
    co_return base::Unexpected("no pipe for " + command.arguments.front() + ": " + reason(errno));
  }
  const std::chrono::milliseconds timeout = command.timeout;
  const auto pid = spawn(std::move(command), output.input(), errors.input());
  if (!pid) co_return base::Unexpected(pid.error());
  // By its number: glibc 2.36 declares pidfd_open() for C only.
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0));
  if (pidfd < 0) {
    const std::string why = reason(errno);
    ::kill(-*pid, SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    co_return base::Unexpected("pidfd_open: " + why);
  }
  const auto run =
      std::make_shared<Run>(executor, *pid, pidfd, output.take_output(), errors.take_output());
  run->start(timeout);
  co_return co_await run->end();
}

std::string last_line(const std::string& output) {
  constexpr std::size_t max_shown = 300;
  const std::size_t end = output.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return {};
  const std::size_t newline = output.rfind('\n', end);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  std::string line = output.substr(begin, std::min(end + 1 - begin, max_shown));
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return line;
}

}  // namespace agent
