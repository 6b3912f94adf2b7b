// Measures the deployer on a real HAProxy and prints one JSON object. Arguments: certificates,
// changes (of each kind), latencies. The certificates are made beforehand and are in the store.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <thread>

#include "agent/deployer/deployer.h"
#include "agent/lookup/lookup.h"
#include "agent/store/sqlite_store.h"
#include "base/random.h"
#include "bench/deployer/bare_client.h"
#include "bench/deployer/certificates.h"

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
  base::SystemClock clock_;
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
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.empty()
             ? 0
             : values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

/// Plain requests on a few connections, one after the other on each.
class Requests {
 public:
  explicit Requests(const std::string& socket) {
    for (std::size_t i = 0; i < latencies_.size(); ++i) {
      threads_.emplace_back([this, socket, i] { ask(socket, latencies_[i]); });
    }
  }
  /// The 99th percentile so far, in seconds.
  double end() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    std::vector<double> all;
    for (const auto& one : latencies_) all.insert(all.end(), one.begin(), one.end());
    return quantile(std::move(all), 0.99);
  }

 private:
  void ask(const std::string& socket, std::vector<double>& latencies) {
    const int fd = haproxy::test::connect_to(socket);
    const std::string request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    char reply[4096];
    while (!stop_) {
      const auto began = Clock::now();
      if (::write(fd, request.data(), request.size()) <= 0 || ::read(fd, reply, sizeof reply) <= 0)
        break;
      latencies.push_back(seconds_since(began));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ::close(fd);
  }

  std::atomic<bool> stop_ = false;
  std::array<std::vector<double>, 4> latencies_;
  std::vector<std::thread> threads_;
};

class Bench {
 public:
  Bench(std::size_t certificates, std::size_t changes, std::size_t latencies)
      : certificates_(certificates), changes_(changes), latencies_(latencies) {}

  void run() {
    populate();
    measure_files();
    measure_restart();
    measure_changes();
    measure_latency();
    measure_requests();
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
    say("making " + std::to_string(certificates_) + " certificates");
    const auto store = open_store();
    for (std::size_t i = 0; i < certificates_; i += 1000) {
      made_.put(*store, names("n", i, std::min<std::size_t>(1000, certificates_ - i)));
    }
  }

  void measure_files() {
    edge_.stop();
    const auto began = Clock::now();
    {
      Life life(open_store(), edge_, std::chrono::milliseconds(0));
      life.run_until([&] { return life.deployer().status().wanted == certificates_; });
      result("files_seconds", seconds_since(began));
    }
    const std::string copy = "cp -r " + edge_.path("certificates") + " " + edge_.path("copy") +
                             " && sync " + edge_.path("copy") + " && sync -f " + edge_.path("copy");
    const auto copied = Clock::now();
    if (std::system(copy.c_str()) != 0) throw std::runtime_error(copy);
    result("copy_seconds", seconds_since(copied));
    std::filesystem::remove_all(edge_.path("copy"));
  }

  void measure_restart() {
    // In the second after the files were written nobody can tell which HAProxy has loaded.
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    say("HAProxy starts");
    const auto loading = Clock::now();
    edge_.start();
    result("haproxy_start_seconds", seconds_since(loading));
    life_ = std::make_unique<Life>(open_store(), edge_, std::chrono::milliseconds(0));
    life_->run_until([this] { return life_->in_sync() && life_->heard.served == certificates_; });
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
    const std::size_t count = std::max<std::size_t>(1, changes_ / rounds);
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

  /// From the first command to the last reply: files are written before.
  double deploy(const std::vector<std::string>& wanted) {
    const auto store = open_store();
    const std::vector<Certificate> made = made_.put(*store, wanted);
    for (const Certificate& certificate : made) life_->deployer().deploy(certificate);
    const std::size_t before = life_->heard.commands["commit ssl cert"];
    std::size_t& commits = life_->heard.commands["commit ssl cert"];
    const std::size_t& sets = life_->heard.commands["set ssl cert"];
    life_->run_until([&, first = sets] { return sets > first; });
    const auto began = Clock::now();  // one of the sets is over, its commit and all others are not
    life_->run_until([&] { return commits - before == wanted.size(); });
    const double took = seconds_since(began);
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
    for (std::size_t i = 0; i < latencies_; ++i) {
      const auto store = open_store();
      const std::size_t served = life_->heard.served;
      const auto began = Clock::now();
      const auto made = made_.put(*store, names("l", i, 1));
      life_->deployer().deploy(made.front());
      life_->run_until([&] { return life_->heard.served > served; });
      times.push_back(seconds_since(began));
    }
    result("latency_ms_median", quantile(times, 0.5) * 1e3);
    result("latency_ms_p95", quantile(times, 0.95) * 1e3);
  }

  void measure_requests() {
    say("plain requests while certificates are renewed at the default pace");
    constexpr int pace = 500;  // the configuration's default, in milliseconds
    life_ = nullptr;
    life_ = std::make_unique<Life>(open_store(), edge_, std::chrono::milliseconds(pace));
    life_->run_until([this] { return life_->in_sync(); });
    std::vector<double> ratios;
    // A few in each round: the pace is the same however many wait.
    const std::size_t rounds = 6;
    const std::size_t count = 20;
    for (std::size_t round = 0; round < rounds; ++round) {
      Requests idle(edge_.path("plain.sock"));
      life_->run_for(std::chrono::milliseconds(pace) * count);
      const double quiet = idle.end();
      const auto made = made_.put(*open_store(), names("n", round * count, count));
      Requests busy(edge_.path("plain.sock"));
      for (const Certificate& certificate : made) life_->deployer().deploy(certificate);
      life_->run_until([this] { return life_->deployer().status().pending == 0; });
      ratios.push_back(busy.end() / quiet);
      say("  round " + std::to_string(round) + " p99 idle " + std::to_string(quiet * 1e3) +
          " ms, ratio " + std::to_string(ratios.back()));
    }
    result("p99_ratio", quantile(ratios, 0.5));
  }

  const std::size_t certificates_;
  const std::size_t changes_;
  const std::size_t latencies_;
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
  if (argc != 4) {
    std::cerr << "usage: bench_deployer CERTIFICATES CHANGES LATENCIES\n";
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  try {
    bench::Bench(number(1), number(2), number(3)).run();
  } catch (const std::exception& e) {
    std::cerr << "bench_deployer: " << e.what() << "\n";
    return 1;
  }
}
