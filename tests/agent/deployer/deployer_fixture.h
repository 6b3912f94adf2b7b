#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/deployer/deployer.h"
#include "agent/store/sqlite_store.h"
#include "haproxy/bundle_path.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/faulty_store.h"
#include "tests/fakes/tls_identity.h"
#include "tests/haproxy/asio/await.h"
#include "tests/haproxy/asio/real_haproxy.h"

namespace agent {

inline base::DomainName name_of(std::string_view text) {
  return *base::DomainName::parse(text);
}

/// Remembers what the deployer has told.
class HeardOfDeployer final : public DeployerListener {
 public:
  void certificate_served(const Certificate& certificate,
                          std::optional<std::chrono::milliseconds>) override {
    served.push_back(certificate.names.front().text() + " " + certificate.serial);
  }
  void runtime_command_failed(const std::string&, const haproxy::RuntimeError& error) override {
    failed.push_back(error.message());
  }
  void runtime_command_done(const std::string&,
                            std::string_view kind,
                            std::chrono::microseconds) override {
    ++commands[std::string(kind)];
  }
  void instance_incident(const std::string& instance,
                         InstanceIncident what,
                         const std::string& detail) override {
    incidents.push_back({instance, what, detail});
  }
  std::size_t count(InstanceIncident what) const {
    return static_cast<std::size_t>(std::count_if(
        incidents.begin(), incidents.end(), [&](const Incident& i) { return i.what == what; }));
  }

  struct Incident {
    std::string instance;
    InstanceIncident what;
    std::string detail;
  };
  std::vector<Incident> incidents;
  std::map<std::string, std::size_t> commands;  ///< by kind, how many

  std::vector<std::string> served;  ///< name and serial
  std::vector<std::string> failed;
};

/// One life of a deployer: from its start to its end, which may come at any time.
class DeployerLife {
 public:
  DeployerLife(std::unique_ptr<Store> store,
               std::vector<haproxy::test::RealHaproxy*> edges,
               std::vector<base::Endpoint> verify = {},
               const std::function<void(DeployerOptions&)>& change = {})
      : database_(std::move(store)),
        deployer_(parts(), options(edges, std::move(verify), change), heard) {}
  DeployerLife(const DeployerLife&) = delete;
  DeployerLife& operator=(const DeployerLife&) = delete;
  ~DeployerLife() { pool_.join(); }

  void start() {
    base::asio::co_spawn(control_, deployer_.run(), base::log_failure(log_, "deployer"));
  }

  /// Runs the control thread until `done`, or for so long that something is wrong. `kick` is called
  /// in between: whoever waits for its time to come is made to look again.
  template <class Done, class Kick>
  bool run_until(Done done, Kick kick) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    control_.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      if (control_.run_one_for(std::chrono::milliseconds(20)) == 0) kick();
    }
    return done();
  }
  template <class Done>
  bool run_until(Done done) {
    return run_until(done, [] {});
  }
  /// Until nothing is left to be done for what is wanted; whoever waits is made to try again.
  bool settle() {
    return run_until([this] { return is_settled(); }, [this] { deployer_.look_for_retired(); });
  }
  bool is_settled() const {
    const Deployer::Status status = deployer_.status();
    bool in_sync = status.pending == 0 && status.trouble.empty();
    for (const auto& instance : status.instances) in_sync = in_sync && instance.in_sync;
    return in_sync;
  }

  /// Runs `f(Store&)` on the database's thread.
  template <class F>
  auto ask(F f) {
    return haproxy::test::await(control_, database_.run(std::move(f)));
  }

  Deployer& deployer() { return deployer_; }
  base::asio::io_context& control() { return control_; }
  bool is_ready(const std::string& name) const {
    return lookup_.hostnames().find(name, clock_.wall()).cert_state == CertState::ready;
  }

  HeardOfDeployer heard;

 private:
  Deployer::Parts parts() { return {database_, lookup_, pool_, clock_, log_}; }
  static DeployerOptions options(const std::vector<haproxy::test::RealHaproxy*>& edges,
                                 std::vector<base::Endpoint> verify,
                                 const std::function<void(DeployerOptions&)>& change) {
    DeployerOptions options;
    options.paths = {edges.front()->path("certificates"), edges.front()->crt_list(), {}};
    for (haproxy::test::RealHaproxy* edge : edges) {
      InstanceOptions instance;
      instance.name = "edge" + std::to_string(options.instances.size() + 1);
      instance.runtime_api = edge->runtime_api();
      instance.verify = {base::UnixEndpoint{edge->https()}};
      instance.verify.insert(instance.verify.end(), verify.begin(), verify.end());
      instance.check_interval = std::chrono::milliseconds(50);
      instance.reconnect_delay = std::chrono::milliseconds(20);
      instance.refused_delay = std::chrono::milliseconds(100);
      instance.ledger_file = edge->path("ledger");
      options.instances.push_back(std::move(instance));
    }
    if (change) change(options);
    return options;
  }

  base::NullLog log_;
  base::SystemClock clock_;
  fakes::FakeRandom random_;
  Lookup lookup_{random_};
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_{2};
  Database database_;
  Deployer deployer_;
};

class DeployerTest : public testing::Test {
 protected:
  DeployerTest() { ::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    if (!haproxy::test::haproxy_is_installed()) GTEST_SKIP() << "HAProxy is not installed";
    edge_ = std::make_unique<haproxy::test::RealHaproxy>();
    live();
  }

  std::unique_ptr<SqliteStore> open_store() {
    return SqliteStore::open(sqlite::Connection::open(folder_.path("store.db")).value(), *sealer_)
        .value();
  }
  /// A new life on the same store, after the end of the one before.
  void live(const std::function<void(DeployerOptions&)>& change = {}) {
    life_.reset();
    life_ = std::make_unique<DeployerLife>(
        open_store(), std::vector{edge_.get()}, std::vector<base::Endpoint>{}, change);
  }

  /// A certificate as the issuer leaves it: in the store, in state `issued`.
  static Certificate put_certificate(Store& store,
                                     const std::string& name,
                                     const std::string& serial,
                                     std::vector<std::string> more_names = {}) {
    const base::WallTime now = base::SystemClock().wall();
    CertificateBundle bundle = make_bundle(name, serial, std::move(more_names));
    const std::vector<HostnameSettings> settings = {{.name = name_of(name)}};
    store.add_hostnames(settings, now).value();
    const std::vector<NewOrder> wanted = {{"ca", {name_of(name)}}};
    const auto orders = store.create_orders(wanted, now).value();
    bundle.certificate.id = store.finish_order(orders.at(0).id, bundle, now).value();
    return bundle.certificate;
  }
  /// One that the hostname's owner has brought, likewise.
  static Certificate put_custom(Store& store,
                                const std::string& name,
                                const std::string& serial,
                                std::vector<std::string> more_names = {}) {
    const base::WallTime now = base::SystemClock().wall();
    const std::vector<HostnameSettings> settings = {{.name = name_of(name)}};
    store.add_hostnames(settings, now).value();
    CustomInstallation installation{name_of(name),
                                    make_bundle(name, serial, std::move(more_names))};
    Certificate& certificate = installation.bundle.certificate;
    certificate.authority = custom_authority;
    certificate.bundle_path = haproxy::bundle_path_beside(name_of(name), custom_authority);
    certificate.id = store.install_certificate(installation, now).value();
    return certificate;
  }
  static CertificateBundle make_bundle(const std::string& name,
                                       const std::string& serial,
                                       std::vector<std::string> more_names) {
    const base::WallTime now = base::SystemClock().wall();
    static const fakes::TestCa ca(now);
    fakes::LeafWish wish{
        {name}, now - std::chrono::hours(1), now + std::chrono::hours(1000), {}, serial};
    wish.names.insert(wish.names.end(), more_names.begin(), more_names.end());
    const fakes::TlsIdentity identity(ca, wish);
    CertificateBundle bundle;
    bundle.certificate = {.authority = "ca",
                          .names = {name_of(name)},
                          .serial = serial,
                          .fingerprint = identity.fingerprint(),
                          .not_before = wish.not_before,
                          .not_after = wish.not_after,
                          .renew_at = wish.not_after,
                          .bundle_path = haproxy::bundle_path(name_of(name))};
    bundle.chain_pem = identity.chain_pem();
    bundle.private_key_pem = identity.key_pem();
    return bundle;
  }
  static void remove_hostname(Store& store, const std::string& name) {
    const std::vector<base::DomainName> names = {name_of(name)};
    store.remove_hostnames(names, base::SystemClock().wall()).value();
  }

  Certificate issue(const std::string& name, const std::string& serial) {
    const Certificate certificate =
        life_->ask([&name, &serial](Store& store) { return put_certificate(store, name, serial); });
    life_->deployer().deploy(certificate);
    return certificate;
  }
  Certificate install(const std::string& name,
                      const std::string& serial,
                      const std::vector<std::string>& more_names = {}) {
    const Certificate certificate =
        life_->ask([&](Store& store) { return put_custom(store, name, serial, more_names); });
    life_->deployer().deploy(certificate);
    life_->deployer().look_for_retired();
    return certificate;
  }
  void remove(const std::string& name) {
    life_->ask([&name](Store& store) {
      remove_hostname(store, name);
      return 0;
    });
    life_->deployer().look_for_retired();
  }
  std::vector<Certificate> stored(CertificateSelection selection) {
    return life_
        ->ask([selection](Store& store) {
          return store.certificates(selection, CertificateId(0), 1000);
        })
        .value();
  }

  std::string file_of(const std::string& name) const {
    return edge_->path("certificates") + "/" + haproxy::bundle_path(name_of(name));
  }
  std::string list() const { return haproxy::test::read_file(edge_->crt_list()); }
  /// The serial that HAProxy shows for the name; empty if it shows none.
  static std::string served(const haproxy::test::RealHaproxy& edge, const std::string& name) {
    const auto shown = haproxy::test::served_for(edge.https(), name);
    return shown ? shown->serial : std::string();
  }
  std::string served(const std::string& name) const { return served(*edge_, name); }

  haproxy::test::TempFolder folder_;
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_.path("key"), random_).value();
  std::unique_ptr<haproxy::test::RealHaproxy> edge_;
  std::unique_ptr<DeployerLife> life_;
};

}  // namespace agent
