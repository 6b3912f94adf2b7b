// Measures the deployer on a real HAProxy and prints one JSON object. The certificates are made
// beforehand and are in the store. Arguments: how many certificates, changes (of each kind),
// latencies, renewals beside requests, certificates compared by listings; then what to measure:
// files, restart, changes, latency, requests, comparison.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <set>
#include <thread>

#include "agent/deployer/deployer.h"
#include "agent/lookup/lookup.h"
#include "agent/store/sqlite_store.h"
#include "base/random.h"
#include "bench/deployer/bare_client.h"
#include "bench/deployer/certificates.h"
#include "bench/deployer/comparison.h"
#include "bench/http/plain_load.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using agent::Certificate;
using agent::Store;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

void say(const std::string& text) {
  std::cerr << text << std::endl;
}

struct Heard final : agent::DeployerListener {
  void certificate_served(const Certificate&, std::optional<std::chrono::milliseconds>) override {
    ++served;
  }
  void runtime_command_failed(const std::string&, const haproxy::RuntimeError& error) override {
    if (error.code != haproxy::Errc::connection_closed) say(error.message());
  }
  void runtime_command_done(const std::string&,
                            std::string_view kind,
                            std::chrono::microseconds) override {
    ++commands[std::string(kind)];
  }
  void instance_incident(const std::string&, agent::InstanceIncident, const std::string&) override {
  }
  std::size_t served = 0;
  std::map<std::string, std::size_t> commands;
};

/// Time for the deployer stands still while nobody lets it run.
class PausableClock final : public base::Clock {
 public:
  base::WallTime wall() const override { return real_.wall(); }
  base::MonotonicTime monotonic() const override { return real_.monotonic() - paused_; }
  void add_pause(std::chrono::milliseconds time) { paused_ += time; }

 private:
  base::SystemClock real_;
  std::chrono::milliseconds paused_{};
};

/// The deployer with its threads, as the daemon has them.
class Life {
 public:
  Life(std::unique_ptr<Store> store,
       const haproxy::test::RealHaproxy& edge,
       std::chrono::milliseconds pace)
      : database_(std::move(store)),
        deployer_({database_, lookup_, pool_, clock_, log_}, options(edge, pace), heard) {
    base::asio::co_spawn(control_, deployer_.run(), base::log_failure(log_, "deployer"));
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life() { pool_.join(); }

  template <class Done>
  void run_until(Done done) {
    while (!done()) control_.run_one();
  }
  void run_for(std::chrono::milliseconds time) { control_.run_for(time); }
  void stand_still(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    clock_.add_pause(time);
  }
  bool in_sync() const { return deployer_.status().instances.front().in_sync; }
  agent::Deployer& deployer() { return deployer_; }
  Heard heard;

 private:
  static agent::DeployerOptions options(const haproxy::test::RealHaproxy& edge,
                                        std::chrono::milliseconds pace) {
    agent::DeployerOptions options;
    options.paths = {edge.path("certificates"), edge.crt_list(), {}};
    agent::InstanceOptions instance{"edge", edge.runtime_api(), {base::UnixEndpoint{edge.https()}}};
    instance.reconnect_delay = std::chrono::milliseconds(50);
    instance.renewal_pace = pace;
    instance.ledger_file = edge.path("ledger");
    options.instances.push_back(instance);
    return options;
  }

  base::NullLog log_;
  PausableClock clock_;
  base::SystemRandom random_;
  agent::Lookup lookup_{random_};
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_{4};
  agent::Database database_;
  agent::Deployer deployer_;
};

/// On `plain.sock` in the folder of all its sockets.
void add_plain_frontend(std::string& config) {
  const std::size_t socket = config.find("/admin.sock");
  const std::size_t begin = config.rfind(' ', socket) + 1;
  config += "\nfrontend plain\n    mode http\n    timeout client 60s\n    bind " +
            (config.compare(begin, 5, "unix@") == 0 ? "" : std::string("unix@")) +
            config.substr(begin, socket - begin) +
            "/plain.sock\n    http-request return status 200\n";
  // Sessions side by side would be of different threads, which are not equally fast: memory that
  // one thread has loaded is slower to free for another.
  const std::string level = " level admin";
  config.insert(config.find(level) + level.size(), " thread 1");
}

struct Sizes {
  std::size_t certificates;
  std::size_t changes;
  std::size_t latencies;
  std::size_t watched;  ///< renewals beside requests
  std::size_t compared;
};

class Bench {
 public:
  Bench(const Sizes& sizes, std::set<std::string> wanted)
      : sizes_(sizes), wanted_(std::move(wanted)) {}

  void run() {
    if (wanted_.contains("comparison")) measure_comparison();
    const bool is_alone = wanted_.size() == 1 && wanted_.contains("comparison");
    if (!is_alone) {
      populate();
      measure_files();
    }
    wanted_.erase("comparison");
    wanted_.erase("files");
    if (!wanted_.empty()) start_haproxy();
    if (wanted_.contains("restart")) measure_restart();
    if (wanted_.contains("changes")) measure_changes();
    if (wanted_.contains("latency")) measure_latency();
    if (wanted_.contains("requests")) measure_requests();
    std::cout << "{" << json_.substr(0, json_.size() - 1) << "}" << std::endl;
  }

 private:
  std::unique_ptr<Store> open_store() {
    auto connection = agent::sqlite::Connection::open(folder_.path("store.db")).value();
    return agent::SqliteStore::open(std::move(connection), *sealer_).value();
  }
  void result(const std::string& name, double value) {
    json_ += "\"" + name + "\":" + std::to_string(value) + ",";
    say("  " + name + " " + std::to_string(value));
  }
  static std::vector<std::string> names(const std::string& prefix,
                                        std::size_t first,
                                        std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(Certificates::name_of(prefix, first + i));
    return all;
  }

  void populate() {
    say("making " + std::to_string(sizes_.certificates) + " certificates");
    const auto store = open_store();
    for (std::size_t i = 0; i < sizes_.certificates; i += 1000) {
      made_.put(*store, names("n", i, std::min<std::size_t>(1000, sizes_.certificates - i)));
    }
  }

  /// Three times, each beside a copy of what was written.
  void measure_files() {
    edge_.stop();
    std::vector<double> times;
    std::vector<double> ratios;
    for (int round = 0; round < 3; ++round) {
      std::filesystem::remove_all(edge_.path("certificates"));
      std::filesystem::resize_file(edge_.crt_list(), 0);
      ::sync();
      times.push_back(time_files());
      const double copied = time_copy();
      ratios.push_back(times.back() / copied);
      say("  written " + std::to_string(times.back()) + " s, copied " + std::to_string(copied));
    }
    result("files_seconds", quantile(times, 0.5));
    result("files_ratio", quantile(ratios, 0.5));
  }
  double time_files() {
    const auto began = Clock::now();
    Life life(open_store(), edge_, std::chrono::milliseconds(0));
    // All is on disk before a HAProxy is looked for; there is none.
    life.run_until([&] { return !life.deployer().status().instances.front().trouble.empty(); });
    return seconds_since(began);
  }
  double time_copy() {
    const std::string copy = "cp -r " + edge_.path("certificates") + " " + edge_.path("copy") +
                             " && sync " + edge_.path("copy") + " && sync -f " + edge_.path("copy");
    const auto began = Clock::now();
    if (std::system(copy.c_str()) != 0) throw std::runtime_error(copy);
    const double took = seconds_since(began);
    std::filesystem::remove_all(edge_.path("copy"));
    return took;
  }

  void measure_comparison() {
    say("comparing " + std::to_string(sizes_.compared) + " certificates by listings");
    const Comparison::Outcome outcome = Comparison(sizes_.compared).run();
    result("comparison_seconds", outcome.seconds);
    result("comparison_needless_commands", static_cast<double>(outcome.needless_commands));
  }

  void start_haproxy() {
    // In the second after the files were written nobody can tell which HAProxy has loaded.
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    say("HAProxy starts");
    const auto loading = Clock::now();
    edge_.start();
    result("haproxy_start_seconds", seconds_since(loading));
    life_ = std::make_unique<Life>(open_store(), edge_, std::chrono::milliseconds(0));
    life_->run_until(
        [this] { return life_->in_sync() && life_->heard.served == sizes_.certificates; });
  }

  void measure_restart() {
    edge_.stop();
    life_->run_until([this] { return !life_->in_sync(); });
    life_->heard.commands.clear();
    std::thread start([this] { edge_.start(); });
    std::atomic<bool> listens = false;
    std::thread wait([&] { start.join(), listens = true; });
    while (!listens) life_->run_for(std::chrono::milliseconds(10));
    const auto began = Clock::now();
    life_->run_until([this] { return life_->in_sync(); });
    wait.join();
    result("restart_seconds", seconds_since(began));
    std::size_t needless = 0;
    for (const char* kind : {"new ssl cert", "set ssl cert", "show ssl cert NAME"}) {
      needless += life_->heard.commands[kind];
    }
    result("restart_needless_commands", static_cast<double>(needless));
  }

  /// Rounds in turn, so that whatever else the machine does hits both alike.
  void measure_changes() {
    say("renewals and additions, in turn with a bare client");
    std::vector<double> renewals;
    std::vector<double> additions;
    const std::size_t rounds = 5;
    const std::size_t count = std::max<std::size_t>(1, sizes_.changes / rounds);
    double rate = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      const double ours = deploy(names("n", round * count, count));
      const double bare = time_bare_renewals(round * count, count);
      renewals.push_back(bare / ours);
      rate = static_cast<double>(count) / ours;
      const double added = deploy(names("a" + std::to_string(round) + "x", 0, count));
      const double bare_added = time_bare_additions(round, count);
      additions.push_back(bare_added / added);
    }
    result("renewals_ratio", quantile(renewals, 0.5));
    result("additions_ratio", quantile(additions, 0.5));
    result("renewals_per_second", rate);
  }

  /// From the first change's end to the last one's, and as much for the first: files are written
  /// before.
  double deploy(const std::vector<std::string>& wanted) {
    const auto store = open_store();
    const std::vector<Certificate> made = made_.put(*store, wanted);
    for (const Certificate& certificate : made) life_->deployer().deploy(certificate);
    const std::size_t& commits = life_->heard.commands["commit ssl cert"];
    const std::size_t before = commits;
    life_->run_until([&] { return commits > before; });
    const std::size_t first = commits - before;
    const auto began = Clock::now();
    life_->run_until([&] { return commits - before == wanted.size(); });
    const double took = seconds_since(began) * static_cast<double>(wanted.size()) /
                        static_cast<double>(wanted.size() - first);
    life_->run_until([this] { return life_->deployer().status().pending == 0; });
    return took;
  }

  double time_bare_renewals(std::size_t first, std::size_t count) {
    std::vector<std::pair<std::string, std::string>> work;
    for (const std::string& name : names("b", first, count)) {
      const auto bundle = made_.make(name);
      work.emplace_back("/bare/" + name + ".pem", bundle.private_key_pem + bundle.chain_pem);
    }
    BareClient client(edge_.path("admin.sock"));
    for (const auto& [path, pem] : work) client.add(edge_.crt_list(), path, pem);
    const auto began = Clock::now();
    for (const auto& [path, pem] : work) client.renew(path, pem);
    return seconds_since(began);
  }
  double time_bare_additions(std::size_t round, std::size_t count) {
    std::vector<std::pair<std::string, std::string>> work;
    for (const std::string& name : names("c" + std::to_string(round) + "x", 0, count)) {
      const auto bundle = made_.make(name);
      work.emplace_back("/bare/" + name + ".pem", bundle.private_key_pem + bundle.chain_pem);
    }
    BareClient client(edge_.path("admin.sock"));
    const auto began = Clock::now();
    for (const auto& [path, pem] : work) client.add(edge_.crt_list(), path, pem);
    return seconds_since(began);
  }

  void measure_latency() {
    say("one hostname at a time");
    std::vector<double> times;
    const auto store = open_store();
    for (std::size_t i = 0; i < sizes_.latencies; ++i) {
      const std::size_t served = life_->heard.served;
      agent::CertificateBundle bundle = made_.make(Certificates::name_of("l", i));
      const auto began = Clock::now();
      const Certificate made = made_.put(*store, std::move(bundle));
      life_->deployer().deploy(made);
      life_->run_until([&] { return life_->heard.served > served; });
      times.push_back(seconds_since(began));
    }
    result("latency_ms_median", quantile(times, 0.5) * 1e3);
    result("latency_ms_p95", quantile(times, 0.95) * 1e3);
  }

  /// All are wanted at once. The deployer works for a while and stands still for a while, and the
  /// requests of both are compared.
  void measure_requests() {
    say("plain requests while certificates are renewed at the default pace");
    constexpr std::chrono::milliseconds pace{500};  // the configuration's default
    constexpr std::chrono::milliseconds turn{4000};
    life_ = nullptr;
    life_ = std::make_unique<Life>(open_store(), edge_, pace);
    life_->run_until([this] { return life_->in_sync(); });
    const auto made = made_.put(*open_store(), names("n", 0, sizes_.watched));
    for (const Certificate& certificate : made) life_->deployer().deploy(certificate);
    const auto began = Clock::now();
    std::vector<double> ratios;
    while (life_->deployer().status().pending > 0) {
      PlainLoad busy(base::UnixEndpoint{edge_.path("plain.sock")}, "a.example");
      life_->run_for(turn);
      const double renewing = quantile(busy.end(), 0.99);
      PlainLoad idle(base::UnixEndpoint{edge_.path("plain.sock")}, "a.example");
      life_->stand_still(turn);
      const double quiet = quantile(idle.end(), 0.99);
      ratios.push_back(renewing / quiet);
      say("  p99 idle " + std::to_string(quiet * 1e3) + " ms, ratio " +
          std::to_string(ratios.back()));
    }
    result("p99_ratio", quantile(ratios, 0.5));
    result("paced_renewals_per_second",
           2 * static_cast<double>(sizes_.watched) / seconds_since(began));
  }

  const Sizes sizes_;
  std::set<std::string> wanted_;
  std::string json_;
  haproxy::test::TempFolder folder_;
  base::SystemRandom random_;
  std::unique_ptr<agent::Sealer> sealer_ =
      agent::Sealer::load_or_create(folder_.path("key"), random_).value();
  Certificates made_{base::SystemClock().wall()};
  haproxy::test::RealHaproxy edge_{{}, add_plain_frontend};
  std::unique_ptr<Life> life_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc < 7) {
    std::cerr << "usage: bench_deployer CERTIFICATES CHANGES LATENCIES WATCHED COMPARED WHAT...\n";
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const bench::Sizes sizes{number(1), number(2), number(3), number(4), number(5)};
  try {
    bench::Bench(sizes, {argv + 6, argv + argc}).run();
  } catch (const std::exception& e) {
    std::cerr << "bench_deployer: " << e.what() << "\n";
    return 1;
  }
}
