#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "agent/issuer/http_solver.h"
#include "agent/issuer/issuer.h"
#include "agent/issuer/paced_http_client.h"
#include "agent/store/sqlite_store.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fake_ca/in_process_client.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/virtual_time.h"

namespace agent {

/// Requests to the fake authority take virtual time: they arrive after half of it, the reply after
/// the other half. What is under way at the end reaches the authority or does not; nobody hears of
/// it, as after a kill.
class VirtualWire final : public acme::HttpClient {
 public:
  static constexpr std::chrono::milliseconds half_way{20};

  VirtualWire(base::asio::io_context& control, fake_ca::InProcessClient& ca)
      : control_(control), ca_(ca) {}

  std::map<int, int> statuses{};  ///< of replies, how many
  int sent = 0;

  void send(acme::HttpRequest request, Callback done) override {
    ++sent;
    after(half_way, [this, request = std::move(request), done = std::move(done)]() mutable {
      acme::Error silence{.code = acme::Errc::timeout, .context = {}, .detail = {}};
      Reply received = base::Unexpected(std::move(silence));
      ca_.send(std::move(request), [&received](Reply reply) { received = std::move(reply); });
      ca_.deliver();
      if (received) ++statuses[received->status];
      after(half_way, [done = std::move(done), reply = std::move(received)]() mutable {
        done(std::move(reply));
      });
    });
  }

 private:
  using Reply = base::Result<acme::HttpResponse, acme::Error>;

  template <class F>
  void after(std::chrono::milliseconds time, F f) {
    auto timer = std::make_unique<base::asio::steady_timer>(control_, time);
    base::asio::steady_timer& waiting = *timer;
    waiting.async_wait(
        [timer = std::move(timer), f = std::move(f)](boost::system::error_code) mutable { f(); });
  }

  base::asio::io_context& control_;
  fake_ca::InProcessClient& ca_;
};

struct VirtualWorldOptions {
  fake_ca::Options ca{};
  AuthorityLimits limits{};
  std::size_t orders_in_flight = 128;
  Packing packing{};
  std::uint64_t seed = 1;
};

/// The whole way from hostnames to certificates on a virtual clock: the real store, planner,
/// issuer, order machine, pacing and answers to http-01, against the fake authority in memory,
/// which looks for the answers where HAProxy would. Nothing waits in real time.
class VirtualWorld final : private IssuerListener {
 public:
  explicit VirtualWorld(VirtualWorldOptions options, std::string folder = {})
      : options_(std::move(options)),
        folder_(std::move(folder)),
        random_(options_.seed),
        ca_(time, ca_random_, options_.ca) {
    sealer_ = Sealer::load_or_create(file("key"), seal_random_).value();
    begin_life();
  }

  // --- what the test looks at and arranges

  fakes::VirtualTime time;
  fake_ca::FaultPlan faults;
  /// Names that nobody answers for.
  std::function<bool(const std::string&)> is_dead = [](const std::string&) { return false; };
  std::size_t issued = 0;                   ///< that the issuer has told of, in all lives
  std::vector<std::string> issued_names{};  ///< the first name of each
  std::size_t failed = 0;
  std::map<std::string, int> failures{};  ///< by error
  std::map<int, int> statuses{};          ///< of replies in the lives that are over

  const fake_ca::Statistics& counts() const { return ca_.state().statistics; }
  /// Replies with that status, in all lives.
  int replies(int status) {
    const auto& now = life_->wire.statuses;
    return statuses[status] + (now.contains(status) ? now.at(status) : 0);
  }
  int sent() const { return life_->wire.sent; }  ///< requests of this life
  const PacedHttpClient& pace() const { return life_->paced; }
  std::size_t answers() const { return life_->lookup.sizes().tokens; }
  Issuer& issuer() { return life_->issuer; }

  /// Runs `f(Store&)` on the database's thread.
  template <class F>
  auto ask(F f) {
    std::optional<std::invoke_result_t<F&, Store&>> result;
    base::asio::co_spawn(life_->control,
                         keep(life_->database.run(std::move(f)), result),
                         base::log_failure(log_, "ask"));
    while (!result) run_one();
    return std::move(*result);
  }

  void add(const std::vector<std::string>& names) {
    std::vector<HostnameSettings> settings;
    for (const std::string& name : names) settings.push_back({*base::DomainName::parse(name)});
    ask([&settings, now = time.wall()](Store& store) {
      return store.add_hostnames(settings, now);
    }).value();
    life_->issuer.wake();
  }

  /// Lets time pass until `is_done()`, for `most` of it. Whether it is done.
  template <class Done>
  bool run_until(Done is_done, std::chrono::milliseconds most) {
    const base::MonotonicTime end = time.monotonic() + most;
    while (!is_done()) {
      if (time.monotonic() > end) return false;
      life_->control.restart();
      if (life_->control.poll() > 0) continue;
      if (!settle()) time.leap(life_->control);
    }
    return true;
  }
  void run_for(std::chrono::milliseconds time_to_pass) {
    run_until([] { return false; }, time_to_pass);
  }

  /// The daemon is killed and started again: what is not in the store is forgotten.
  void restart() {
    for (const auto& [status, count] : life_->wire.statuses) statuses[status] += count;
    life_.reset();
    begin_life();
  }

 private:
  struct Life {
    Life(VirtualWorld& world, std::unique_ptr<Store> store)
        : ca(world.ca_,
             world.faults,
             [&world](const fake_ca::ValidationTask& task) { return world.find(task); }),
          paced(wire, control.get_executor(), world.time),
          database(std::move(store)),
          issuer({database, solver, pool, world.time, world.random_, world.log_},
                 world.issuer_options(paced),
                 world) {}
    ~Life() { pool.join(); }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    fakes::FakeRandom lookup_random;
    Lookup lookup{lookup_random};
    HttpSolver solver{lookup};
    fake_ca::InProcessClient ca;
    base::asio::io_context control{1};
    VirtualWire wire{control, ca};
    PacedHttpClient paced;
    base::asio::thread_pool pool{1};
    Database database;
    Issuer issuer;
  };

  /// What is durable there is so at once.
  static std::filesystem::path in_memory() {
    const std::filesystem::path memory = "/dev/shm";
    const bool is_there = ::access(memory.c_str(), W_OK) == 0;
    return is_there ? memory : std::filesystem::temp_directory_path();
  }
  std::string file(const std::string& name) const {
    return folder_.empty() ? own_folder_ / name : folder_ + "/" + name;
  }

  void begin_life() {
    auto connection = sqlite::Connection::open(file("store.db")).value();
    auto store = SqliteStore::open(std::move(connection), *sealer_).value();
    const auto live = store->live_challenges().value();
    life_ = std::make_unique<Life>(*this, std::move(store));
    life_->paced.restrict_to(options_.limits.requests, options_.limits.use);
    for (const LiveChallenge& challenge : live) {
      if (!life_->lookup.publish_challenge(challenge.token, challenge.key_authorization)) {
        throw std::logic_error("a stored challenge is no challenge");
      }
    }
    settle_steps_ = 0;
    settle_steps_ = steps_to_settle();
    base::asio::co_spawn(life_->control, life_->issuer.run(), base::log_failure(log_, "issuer"));
  }

  IssuerOptions issuer_options(acme::HttpClient& http) {
    IssuerOptions options{.authorities = {}, .orders_in_flight = options_.orders_in_flight};
    options.packing = options_.packing;
    acme::AuthorityOptions authority{.directory_url = fake_ca::InProcessClient::directory_url()};
    options.authorities.push_back({http, {"ca", std::move(authority)}, {}, options_.limits});
    return options;
  }

  fake_ca::Evidence find(const fake_ca::ValidationTask& task) const {
    if (is_dead(task.identifier.value)) return fake_ca::Unreachable{"connection", "refused"};
    const TokenIndex& tokens = life_->lookup.tokens();
    const auto thumbprint = tokens.find(tokens.hash(task.token));
    if (!thumbprint) return fake_ca::HttpAnswer{404, "not found"};
    return fake_ca::HttpAnswer{200, task.token + "." + std::string(*thumbprint)};
  }

  template <class T>
  static base::asio::awaitable<void> keep(base::asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  static base::asio::awaitable<void> pass_through(Life& life, bool& is_done) {
    auto nothing = [](Store&) { return 0; };
    co_await life.database.run(nothing);
    auto no_work = [] { return 0; };
    co_await base::run_on(life.pool, no_work);
    is_done = true;
  }

  void run_one() {
    life_->control.restart();
    life_->control.run_one();
  }

  /// Handlers that run until the database's and the pool's threads have done all they were given.
  std::size_t steps_to_settle() {
    bool is_done = false;
    base::asio::co_spawn(
        life_->control, pass_through(*life_, is_done), base::log_failure(log_, "settle"));
    std::size_t steps = 0;
    for (; !is_done; ++steps) run_one();
    return steps;
  }
  /// Whether something else has run meanwhile: then there may be more.
  bool settle() { return steps_to_settle() > settle_steps_; }

  void certificate_issued(const Certificate& certificate, std::chrono::milliseconds) override {
    ++issued;
    issued_names.push_back(certificate.names.front().text());
  }
  void order_failed(const std::string&, const acme::Error& error) override {
    ++failed;
    ++failures[acme::describe(error)];
  }
  void renewal_checked(const std::string&, std::optional<acme::Errc>) override {}

  const VirtualWorldOptions options_;
  const std::string folder_;
  const TemporaryFolder own_folder_{in_memory()};
  base::NullLog log_;
  fakes::FakeRandom random_;
  fakes::FakeRandom ca_random_{7};
  fakes::FakeRandom seal_random_{8};  ///< of the store's thread
  fake_ca::Ca ca_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<Life> life_;
  std::size_t settle_steps_ = 0;
};

}  // namespace agent
