#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.h"
#include "base/endpoint.h"
#include "haproxy/runtime_command.h"
#include "haproxy/runtime_reply.h"
#include "haproxy/runtime_sequence.h"

namespace haproxy {

struct RuntimeSessionOptions {
  std::chrono::milliseconds connect_timeout{5000};
  /// For a command and its whole reply. Generous: a client that goes away inside a commit can crash
  /// HAProxy, and a listing of 100,000 certificates takes its time.
  std::chrono::milliseconds command_timeout{30000};
  Tuning tuning;
  /// If the endpoint is a master's socket (`haproxy -S`): which worker, 1 being the current one.
  std::optional<unsigned> worker = std::nullopt;
  /// Told of each command that was sent, soon after its reply is there or will not come; on the
  /// session's executor. May be empty.
  std::function<void(std::string_view kind, std::chrono::microseconds took)> on_reply = {};
};

/// One connection to the runtime API of one HAProxy process, in prompt mode. Commands run one at a
/// time, on a thread of the session's own, and every reply is matched to its command. There must be
/// one session at most for each process: two writers hit each other's transactions on 2.6, jam 3.4
/// for good, and a listing beside a deletion crashes both. Not thread-safe: used on the executor it
/// was opened on, which outlives it.
///
/// Trouble on the connection (timeout, an endless or unexpected reply, bytes nobody asked for, the
/// end of the stream) closes the session; every later command fails with Errc::connection_closed.
/// An open transaction survives that: the next session's start finds and aborts it.
class RuntimeSession {
 public:
  using Done = base::Result<void, RuntimeError>;
  using Opened = base::Result<std::unique_ptr<RuntimeSession>, RuntimeError>;
  using Sequences = std::vector<std::unique_ptr<Sequence>>;
  /// Which of the sequences has succeeded, and how long it has taken.
  using OnSuccess = std::function<void(std::size_t index, std::chrono::nanoseconds took)>;

  /// Connects and runs SessionStart: the process is known, and no transaction is open.
  static base::asio::awaitable<Opened> open(base::asio::any_io_executor executor,
                                            base::Endpoint endpoint,
                                            RuntimeSessionOptions options);
  RuntimeSession(const RuntimeSession&) = delete;
  RuntimeSession& operator=(const RuntimeSession&) = delete;
  /// A command under way is given up.
  ~RuntimeSession();

  // REQUIRES, of each run(): the one before it has returned.

  base::asio::awaitable<base::Result<Reply, RuntimeError>> run(Command command);
  /// Runs a sequence to its end. A failure says at which command it happened.
  base::asio::awaitable<Done> run(std::unique_ptr<Sequence> sequence);
  /// One after another, without a pause between them, and without waiting for `on_success`, which
  /// is called on the executor, for a few of them together. Returns the first failure; those behind
  /// it are not begun.
  base::asio::awaitable<Done> run(Sequences sequences, OnSuccess on_success);

  bool is_open() const;
  /// Closes; a command under way returns Errc::connection_closed. Not inside a commit if possible.
  void close();

  const ProcessInfo& process() const { return process_; }  ///< as it was at the start
  /// What was loaded at the start; empty when taken before.
  CertificateListing take_certificates() { return std::move(certificates_); }

 private:
  class Worker;
  RuntimeSession(base::asio::any_io_executor executor,
                 std::shared_ptr<Worker> worker,
                 RuntimeSessionOptions options);

  base::asio::awaitable<Done> start();
  void claim();
  void release();
  void report();

  const base::asio::any_io_executor executor_;
  const std::shared_ptr<Worker> worker_;  ///< what thread_ runs; both may use it
  RuntimeSessionOptions options_;
  ProcessInfo process_;
  bool busy_ = false;  ///< a command is under way
  CertificateListing certificates_;
  base::asio::thread_pool thread_{1};
};

}  // namespace haproxy
