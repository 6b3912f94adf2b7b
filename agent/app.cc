#include "agent/app.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <utility>

#include "agent/admin_interface.h"
#include "agent/config/load_config.h"
#include "agent/config/restart_needed.h"
#include "agent/version.h"
#include "base/run_on.h"

namespace agent {
namespace {

constexpr std::size_t pool_threads =
    4;  // keys, handshakes and files; they wait more than they work
constexpr std::chrono::seconds snapshot_retry{5};
constexpr std::chrono::minutes snapshot_interval{5};

spop::ServerOptions spop_options(const SpopConfig& config) {
  spop::ServerOptions options;
  options.workers = config.workers.value_or(std::max(1U, std::thread::hardware_concurrency()));
  options.max_connections = config.max_connections;
  options.unix_mode = config.unix_mode;
  options.connection.hello_timeout = config.hello_timeout;
  options.connection.idle_timeout = config.idle_timeout;
  return options;
}

std::unique_ptr<StateDirectory> open_state(const std::string& path) {
  auto state = StateDirectory::open(path);
  if (!state) throw std::runtime_error(state.error());
  return std::move(*state);
}

/// Nothing that a later try could heal: an operator has to act.
bool is_final(StoreErrc code) {
  switch (code) {
    case StoreErrc::corrupt:
    case StoreErrc::newer_schema:
    case StoreErrc::wrong_key: return true;
    case StoreErrc::busy:
    case StoreErrc::disk_full:
    case StoreErrc::read_only:
    case StoreErrc::io:
    case StoreErrc::not_found:
    case StoreErrc::gone:
    case StoreErrc::conflict: return false;
  }
  return false;
}

}  // namespace

App::App(std::string config_file, Config config)
    : config_file_(std::move(config_file)),
      config_(std::move(config)),
      log_(config_.log.level, config_.log.format),
      state_(open_state(config_.state_directory)),
      lookup_(random_),
      answers_(lookup_,
               clock_,
               {config_.on_demand ? SpopAnswers::Unknown::kept : SpopAnswers::Unknown::forgotten,
                config_.challenges.frontends_left_alone}),
      spop_(spop_options(config_.spop), answers_, log_),
      pool_(pool_threads),
      metrics_(version) {}

App::~App() {
  pool_.join();
}

int App::run() {
  ::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error code, not the end
  log_.info("starting", {{"version", version}, {"config", config_file_}});
  const auto loaded = lookup_.load(state_->lookup_snapshot());
  if (loaded) {
    log_.info("answering from the snapshot", {{"hostnames", loaded->hostnames}});
  } else if (loaded.error().code != SnapshotErrc::not_found) {
    log_.warn("snapshot not used", {{"error", loaded.error().detail}});
  }
  for (const base::Endpoint& endpoint : config_.spop.listen) {
    const auto bound = spop_.listen(endpoint);
    if (!bound) {
      throw std::runtime_error("spop.listen: " + base::to_string(endpoint) + ": " +
                               bound.error().message());
    }
    log_.info("SPOP listens", {{"address", base::to_string(*bound)}});
  }
  spop_.start();
  base::asio::co_spawn(control_, follow_signals(), base::log_failure(log_, "signals"));
  base::asio::co_spawn(
      control_, start(), [this](const std::exception_ptr& failure) { began(failure); });
  base::asio::co_spawn(control_, keep_snapshots(), base::log_failure(log_, "snapshots"));
  control_.run();
  spop_.wait();
  log_.info("ended");
  return exit_status_;
}

/// A start that cannot succeed, whatever is waited for, is an operator's to mend.
void App::began(const std::exception_ptr& failure) {
  if (!failure) return;
  base::log_failure(log_, "start")(failure);
  exit_status_ = 1;
  spop_.stop(std::chrono::milliseconds(0));
  control_.stop();
}

base::asio::awaitable<void> App::start() {
  OpenedStore opened = co_await open_store();
  store_trouble_ = "the store is being read";
  engine_ = std::make_unique<Engine>(
      Engine::Parts{control_, pool_, lookup_, answers_, clock_, random_, log_, metrics_},
      config_,
      std::move(opened));
  co_await engine_->start();
  admin_ = std::make_unique<AdminInterface>(
      AdminInterface::Parts{
          control_, clock_, log_, *engine_, metrics_, *this, answers_, spop_, lookup_, random_},
      config_);
  store_trouble_.clear();
  log_.info("ready");
}

/// A disk that is full or read-only is waited for; the answers go on meanwhile.
base::asio::awaitable<OpenedStore> App::open_store() {
  base::asio::steady_timer timer(control_);
  while (true) {
    auto open = [this] { return state_->open_store(random_); };
    StoreResult<OpenedStore> opened = co_await base::run_on(pool_, std::move(open));
    if (opened) co_return std::move(*opened);
    const StoreError error = opened.error();
    if (is_final(error.code)) throw std::runtime_error("the store: " + error.detail);
    if (error.detail != store_trouble_) {
      log_.error("store not open, answers go on", {{"error", error.detail}});
    }
    store_trouble_ = error.detail;
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(snapshot_retry);
    co_await timer.async_wait(base::into(ignored));
  }
}

base::asio::awaitable<void> App::follow_signals() {
  base::asio::signal_set signals(control_, SIGTERM, SIGINT, SIGHUP);
  while (true) {
    boost::system::error_code ec;
    const int number = co_await signals.async_wait(base::into(ec));
    if (ec) co_return;
    if (number != SIGHUP) break;
    reload();
  }
  co_await drain();
  control_.stop();
}

void App::reload() {
  const auto wanted = load_config(config_file_);
  if (!wanted) {
    for (const ConfigProblem& problem : wanted.error()) {
      log_.error("configuration not reloaded", {{"problem", to_string(problem, config_file_)}});
    }
    metrics_.configuration_reloaded(Metrics::Reload::refused);
    return;
  }
  for (const std::string& key : restart_needed(config_, *wanted)) {
    log_.warn("configuration key changes with the next start only", {{"key", key}});
  }
  config_.log.level = wanted->log.level;
  config_.issuer.orders_in_flight = wanted->issuer.orders_in_flight;
  log_.info("configuration reloaded", {{"config", config_file_}});
  metrics_.configuration_reloaded(Metrics::Reload::taken_over);
  log_.set_level(config_.log.level);
  if (engine_) engine_->set_orders_in_flight(config_.issuer.orders_in_flight);
}

base::asio::awaitable<void> App::drain() {
  log_.info("draining", {{"grace_ms", config_.spop.drain_timeout.count()}});
  spop_.stop(config_.spop.drain_timeout);
  if (admin_) co_await admin_->stop();
  if (engine_) engine_->stop();
  co_await save_snapshot();
}

base::asio::awaitable<void> App::keep_snapshots() {
  base::asio::steady_timer timer(control_);
  while (true) {
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(snapshot_interval);
    co_await timer.async_wait(base::into(ignored));
    co_await save_snapshot();
  }
}

base::asio::awaitable<void> App::save_snapshot() {
  // Without the store there is nothing that the last one does not have; and one that is being
  // written has all but the last moment, which the store has.
  if (!engine_ || saving_snapshot_) co_return;
  saving_snapshot_ = true;
  auto save = [this] { return lookup_.save(state_->lookup_snapshot()); };
  const auto saved = co_await base::run_on(pool_, std::move(save));
  saving_snapshot_ = false;
  if (!saved) log_.warn("snapshot not saved", {{"error", saved.error().detail}});
}

std::vector<std::string> App::reasons_not_ready() const {
  if (store_trouble_.empty()) return {};
  return {store_trouble_};
}

}  // namespace agent
