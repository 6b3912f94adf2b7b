#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/issuer/http_solver.h"
#include "agent/issuer/issuer.h"
#include "agent/store/sqlite_store.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_acme_server.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/faulty_store.h"
#include "tests/haproxy/asio/await.h"

namespace agent {

/// A clock that leaps on with each look at it, so that every wait is over at once. Control thread
/// only.
class LeapingClock final : public base::Clock {
 public:
  base::WallTime wall() const override {
    const std::lock_guard lock(mutex_);
    return start_ + set_ + leap();
  }
  base::MonotonicTime monotonic() const override {
    const std::lock_guard lock(mutex_);
    return base::MonotonicTime(leap());
  }
  void advance(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    passed_ += by;
  }
  void jump(std::chrono::milliseconds by) {
    const std::lock_guard lock(mutex_);
    set_ += by;
  }
  /// From now on it is the test alone that moves it.
  void stand_still() { step_by(std::chrono::milliseconds(0)); }
  void leap_again() { step_by(default_step); }

 private:
  static constexpr std::chrono::milliseconds default_step = std::chrono::seconds(13);
  std::chrono::milliseconds leap() const { return passed_ += step_; }
  void step_by(std::chrono::milliseconds step) {
    const std::lock_guard lock(mutex_);
    step_ = step;
  }

  mutable std::mutex mutex_;  // guards all below: the database thread looks too
  std::chrono::milliseconds step_ = default_step;
  const base::WallTime start_ = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
  std::chrono::milliseconds set_{0};
  mutable std::chrono::milliseconds passed_{0};
};

/// Where a program may be killed: the instants at which something has just become true elsewhere.
/// Once dead nothing has an effect any more.
class Mortality {
 public:
  /// Dies at the n-th instant.
  void die_at(int n) { left_ = n; }
  /// Whether this instant is never lived through.
  bool passes(const std::string& instant) {
    const std::lock_guard lock(mutex_);
    if (is_dead_) return false;
    ++instants_;
    if (--left_ != 0) return true;
    is_dead_ = true;
    last_ = instant;
    return false;
  }
  bool is_dead() const {
    const std::lock_guard lock(mutex_);
    return is_dead_;
  }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  int instants() const {
    const std::lock_guard lock(mutex_);
    return instants_;
  }

 private:
  mutable std::mutex mutex_;
  int left_ = 0;          // guarded by mutex_
  int instants_ = 0;      // guarded by mutex_
  bool is_dead_ = false;  // guarded by mutex_
  std::string last_;      // guarded by mutex_
};

/// Carries requests to the fake authority on the control thread, and shows the authority what
/// HAProxy would answer to it.
class Wire final : public acme::HttpClient {
 public:
  Wire(base::asio::io_context& control,
       fakes::FakeAcmeServer& server,
       const Lookup& lookup,
       Mortality& mortality)
      : control_(control), server_(server), lookup_(lookup), mortality_(mortality) {}

  bool is_stopped = false;  ///< all requests end with `cancelled`
  bool is_hidden = false;   ///< the authority does not get at our answers
  int sent = 0;
  int checks = 0;       ///< requests for renewal info under way
  int most_checks = 0;  ///< at any time

  void send(acme::HttpRequest request, Callback done) override {
    ++sent;
    if (request.url.text().find("/renewalInfo/") != std::string::npos) {
      most_checks = std::max(most_checks, ++checks);
      done = [this, then = std::move(done)](Reply reply) {
        --checks;
        then(std::move(reply));
      };
    }
    auto carry = [this, request = std::move(request), done = std::move(done)]() mutable {
      const std::string url = request.url.text();
      if (is_stopped) return done(stopped());
      if (!mortality_.passes("request " + url)) return;
      show_answers();
      server_.send(std::move(request), [this, url, done](Reply reply) {
        if (mortality_.passes("reply " + url)) done(std::move(reply));
      });
      server_.deliver();
    };
    base::asio::post(control_, std::move(carry));
  }

 private:
  using Reply = base::Result<acme::HttpResponse, acme::Error>;

  static Reply stopped() {
    return base::Unexpected(
        acme::Error{.code = acme::Errc::cancelled, .context = {}, .detail = "stopped"});
  }

  void show_answers() {
    server_.answers.clear();
    if (is_hidden) return;
    for (int i = 0; i < 100; ++i) {
      const std::string token = server_.token_of(std::to_string(i));
      const auto thumbprint = lookup_.tokens().find(lookup_.tokens().hash(token));
      if (thumbprint) server_.answers[token] = token + "." + std::string(*thumbprint);
    }
  }

  base::asio::io_context& control_;
  fakes::FakeAcmeServer& server_;
  const Lookup& lookup_;
  Mortality& mortality_;
};

/// Remembers what the issuer has told.
class HeardOfIssuer final : public IssuerListener {
 public:
  void certificate_issued(const Certificate& certificate, std::chrono::milliseconds) override {
    issued.push_back(certificate);
  }
  void order_failed(const std::string&, const acme::Error& error) override {
    failed.push_back(error.code);
  }
  void renewal_checked(const std::string&, std::optional<acme::Errc> failure) override {
    checked.push_back(failure);
  }

  std::vector<Certificate> issued;
  std::vector<acme::Errc> failed;
  std::vector<std::optional<acme::Errc>> checked;
};

/// An authority of the configuration, and the server behind it.
struct Site {
  std::string authority;
  fakes::FakeAcmeServer& server;
  OrderWish wish{};
};

/// One life of an issuer: from its start to its end, which may come at any time.
class IssuerLife {
 public:
  IssuerLife(std::unique_ptr<Store> store,
             LeapingClock& clock,
             const std::vector<Site>& sites,
             std::size_t orders_in_flight)
      : clock_(clock),
        wires_(make_wires(sites)),
        wire(*wires_.front()),
        database_(wrap(std::move(store))),
        issuer({database_, solver, pool_, clock_, random_, log_},
               options_of(sites, orders_in_flight),
               heard) {}
  IssuerLife(const IssuerLife&) = delete;
  IssuerLife& operator=(const IssuerLife&) = delete;
  ~IssuerLife() { pool_.join(); }

  void start() { base::asio::co_spawn(control_, issuer.run(), base::log_failure(log_, "issuer")); }

  /// Runs the control thread until `done` or dead, or for so long that something is wrong. Whoever
  /// waits for its time is made to look at the clock.
  template <class Done>
  bool run_until(Done is_done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    control_.restart();
    while (!mortality.is_dead() && !is_done() && std::chrono::steady_clock::now() < deadline) {
      if (control_.run_one_for(std::chrono::milliseconds(10)) == 0) issuer.wake();
    }
    return is_done();
  }
  /// Runs what can be run now, for a moment.
  void run_a_moment() {
    control_.restart();
    control_.run_for(std::chrono::milliseconds(100));
  }

  /// Runs `f(Store&)` on the database's thread.
  template <class F>
  auto ask(F f) {
    return haproxy::test::await(control_, database_.run(std::move(f)));
  }
  /// What an operator asks for; everything else goes on meanwhile.
  template <class T>
  T await(base::asio::awaitable<T> operation) {
    return haproxy::test::await(control_, std::move(operation));
  }
  bool has_token(const std::string& token) const {
    return lookup.tokens().find(lookup.tokens().hash(token)).has_value();
  }

 private:
  std::vector<std::unique_ptr<Wire>> make_wires(const std::vector<Site>& sites) {
    std::vector<std::unique_ptr<Wire>> wires;
    for (const Site& site : sites) {
      wires.push_back(std::make_unique<Wire>(control_, site.server, lookup, mortality));
    }
    return wires;
  }
  IssuerOptions options_of(const std::vector<Site>& sites, std::size_t orders_in_flight) {
    IssuerOptions options{.authorities = {}, .orders_in_flight = orders_in_flight};
    if (sites.front().wish.second_key_type) options.keys = Policy::Keys::two_types;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      acme::AuthorityOptions at{.directory_url =
                                    *acme::Url::parse("https://" + sites[i].server.host + "/dir")};
      options.authorities.push_back(
          {*wires_[i], {sites[i].authority, std::move(at)}, sites[i].wish});
    }
    return options;
  }

  std::unique_ptr<Store> wrap(std::unique_ptr<Store> store) {
    auto faulty = std::make_unique<fakes::FaultyStore>(std::move(store));
    faulty->fate = [this](std::string_view call) {
      const bool serves = !mortality.is_dead() && fate(call) == fakes::FaultyStore::Fate::serve;
      return serves ? fakes::FaultyStore::Fate::serve : fakes::FaultyStore::Fate::refuse;
    };
    faulty->done = [this](std::string_view call, Store& inner) {
      done(call, inner);
      const bool writes = call == "save_order" || call == "finish_order" || call == "fail_order" ||
                          call == "create_orders" || call == "put_account" || call == "put_meta" ||
                          call == "save_account_url" || call == "begin_key_change" ||
                          call == "finish_key_change" || call == "save_revocation";
      if (writes) static_cast<void>(mortality.passes("stored " + std::string(call)));
    };
    return faulty;
  }

  base::NullLog log_;
  LeapingClock& clock_;
  fakes::FakeRandom random_{2};
  fakes::FakeRandom lookup_random_;

 public:
  /// Of the store's calls; both run on its thread. To be set before the start.
  std::function<fakes::FaultyStore::Fate(std::string_view)> fate = [](std::string_view) {
    return fakes::FaultyStore::Fate::serve;
  };
  std::function<void(std::string_view, Store&)> done = [](std::string_view, Store&) {};
  Mortality mortality;
  HeardOfIssuer heard;
  Lookup lookup{lookup_random_};
  HttpSolver solver{lookup};

 private:
  base::asio::io_context control_{1};
  std::vector<std::unique_ptr<Wire>> wires_;  ///< one a site

 public:
  Wire& wire;  ///< to the first site

 private:
  base::asio::thread_pool pool_{1};
  Database database_;

 public:
  Issuer issuer;
};

class IssuerTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open_store() {
    return SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_)
        .value();
  }
  /// A new life on the same store, after the end of the one before.
  IssuerLife& live(const std::string& authority = "ca", std::size_t orders_in_flight = 8) {
    life_.reset();
    return live_at({{authority, *server_, wish_}}, orders_in_flight);
  }
  IssuerLife& live_at(const std::vector<Site>& sites, std::size_t orders_in_flight = 8) {
    life_.reset();
    life_ = std::make_unique<IssuerLife>(open_store(), clock_, sites, orders_in_flight);
    return *life_;
  }

  static void add(Store& store, const std::string& name, base::WallTime now) {
    const std::vector<HostnameSettings> settings = {{.name = *base::DomainName::parse(name)}};
    store.add_hostnames(settings, now).value();
  }
  static void remove(Store& store, const std::string& name, base::WallTime now) {
    const std::vector<base::DomainName> names = {*base::DomainName::parse(name)};
    store.remove_hostnames(names, now).value();
  }
  void add(const std::string& name) {
    life_->ask([&name, now = clock_.wall()](Store& store) {
      add(store, name, now);
      return 0;
    });
    life_->issuer.wake();
  }
  HostnameDetail detail(const std::string& name) {
    return life_
        ->ask([&name](Store& store) { return store.hostname(*base::DomainName::parse(name)); })
        .value()
        .value();
  }
  std::vector<Certificate> certificates() {
    return life_
        ->ask([](Store& store) {
          return store.certificates(CertificateSelection::all, CertificateId(0), 100);
        })
        .value();
  }
  std::size_t open_orders() {
    return life_->ask([](Store& store) { return store.open_orders(); }).value().size();
  }
  bool run_until_issued(std::size_t count) {
    return life_->run_until([this, count] { return life_->heard.issued.size() >= count; });
  }

  const TemporaryFolder folder_;
  OrderWish wish_;  ///< of the lives to come
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  LeapingClock clock_;
  std::optional<fakes::FakeAcmeServer> server_{std::in_place, clock_};
  std::unique_ptr<IssuerLife> life_;
};

}  // namespace agent
