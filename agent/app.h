#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/api/metrics.h"
#include "agent/api/readiness.h"
#include "agent/config/config.h"
#include "agent/engine.h"
#include "agent/log.h"
#include "agent/lookup/lookup.h"
#include "agent/lookup/spop_answers.h"
#include "agent/state/state_directory.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/random.h"
#include "spop/asio/server.h"

namespace agent {

class AdminInterface;

/// The daemon: builds everything, and owns it in the order it must end in. It answers HAProxy from
/// the last snapshot before the database is open, and goes on doing so while the database is away.
class App final : private Readiness {
 public:
  /// `config_file` is read again on SIGHUP. Throws std::exception, whose text is for the operator,
  /// if something cannot be used at all: an address, the state directory.
  App(std::string config_file, Config config);
  ~App();

  /// Until SIGTERM or SIGINT; the process's exit status.
  int run();

 private:
  void began(const std::exception_ptr& failure);
  base::asio::awaitable<void> start();
  base::asio::awaitable<OpenedStore> open_store();
  base::asio::awaitable<void> follow_signals();
  base::asio::awaitable<void> keep_snapshots();
  base::asio::awaitable<void> drain();
  base::asio::awaitable<void> save_snapshot();
  void reload();
  std::vector<std::string> reasons_not_ready() const override;

  const std::string config_file_;
  Config config_;
  DaemonLog log_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::unique_ptr<StateDirectory> state_;
  Lookup lookup_;
  SpopAnswers answers_;
  spop::Server spop_;
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_;
  int exit_status_ = 0;
  bool saving_snapshot_ = false;
  Metrics metrics_;
  std::string store_trouble_ = "the store is not open yet";
  std::unique_ptr<Engine> engine_;         ///< none until the store is open
  std::unique_ptr<AdminInterface> admin_;  ///< likewise
};

}  // namespace agent
