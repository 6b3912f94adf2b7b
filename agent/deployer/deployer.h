#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/deployer/bundle_directory.h"
#include "agent/deployer/crt_list_file.h"
#include "agent/deployer/instance.h"
#include "agent/deployer/placement.h"
#include "agent/deployer/sole_use.h"
#include "agent/deployer/wanted.h"
#include "agent/lookup/lookup.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/started.h"

namespace agent {

struct DeployerOptions {
  BundlePaths paths;
  std::vector<InstanceOptions> instances;
  std::vector<PlacementRule> placement = {};
};

/// What others want to hear of it; all calls on the control thread.
class DeployerListener {
 public:
  /// It is proven to be served, and the store and the lookup know. `took` since deploy(); nullopt
  /// if it was issued before this start.
  virtual void certificate_served(const Certificate& certificate,
                                  std::optional<std::chrono::milliseconds> took) = 0;
  virtual void runtime_command_failed(const std::string& instance,
                                      const haproxy::RuntimeError& error) = 0;
  virtual void runtime_command_done(const std::string& instance,
                                    std::string_view kind,
                                    std::chrono::microseconds took) = 0;
  /// Something an operator would want to read later.
  virtual void instance_incident(const std::string& instance,
                                 InstanceIncident what,
                                 const std::string& detail) = 0;

 protected:
  ~DeployerListener() = default;
};

/// Makes files and every HAProxy match the store: files first, then each running process, then the
/// proof, and only then the hostname has a certificate for everybody. The crt-list, which only a
/// starting HAProxy reads, is written while the processes work. A certificate counts as served once
/// its line is durable and every instance that it goes to and that is connected, and at least one,
/// has been proven to serve it; an instance that is away finds it on disk when it starts. What is
/// retired goes the other way: out of the crt-list, out of the processes, then its file; but not
/// before every connected process has what takes its place, which one may refuse. Control thread
/// only; what the references name outlives it.
class Deployer final : private InstanceListener {
 public:
  struct Parts {
    Database& database;
    Lookup& lookup;
    base::asio::thread_pool& pool;
    const base::Clock& clock;
    base::Log& log;
  };

  /// Throws std::invalid_argument if a path cannot be a name in HAProxy's configuration.
  Deployer(Parts parts, DeployerOptions options, DeployerListener& listener);
  ~Deployer();

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  /// It is in the store, in state `issued`.
  void deploy(const Certificate& certificate);
  /// The store may have certificates in state `retired`.
  void look_for_retired();

  struct InstanceStatus : Instance::Status {
    std::string name{};
    std::string runtime{};  ///< address of its runtime API
    std::string crt_list{};
  };
  struct Status {
    std::vector<InstanceStatus> instances;
    std::size_t wanted = 0;   ///< certificates that HAProxy should have
    std::size_t pending = 0;  ///< of these, not yet proven to be served
    std::string trouble;      ///< of files or store; empty if nothing is wrong
  };
  Status status() const;

  /// What one HAProxy lacks or has too much, and with make_good its repair; nullopt if there is no
  /// instance of that name.
  base::asio::awaitable<std::optional<base::Result<Instance::SyncPlan, std::string>>> sync(
      std::string instance, Instance::SyncMode mode);

  /// What one handshake with all binds of an instance has shown.
  struct Proof {
    std::string instance;
    base::DomainName name;  ///< of the certificate
    std::string failure;    ///< empty if it is served
  };
  /// Handshakes for the certificates at these bundle paths, with every instance they go to. Of
  /// those that are not wanted there is none.
  base::asio::awaitable<std::vector<Proof>> verify(std::vector<std::string> bundle_paths);

  /// Why a connected HAProxy that it goes to would refuse this certificate, with what to change;
  /// empty if none would.
  std::string refusal(const CertificateBundle& bundle);

 private:
  using Done = base::Result<void, std::string>;
  static constexpr std::size_t page_size = 1000;  ///< of the store's certificates at a time
  using Bundles = StoreResult<std::vector<CertificateBundle>>;
  struct List {
    CrtListFile file;
    std::vector<std::size_t> instances;  ///< that use it
  };
  /// A certificate that is to go, and the bundle paths of those that its hostnames have instead, as
  /// far as these are not served yet.
  struct Leaving {
    Certificate certificate;
    std::vector<std::string> successors;
  };
  /// What became of certificates whose files were to be written.
  struct Written {
    std::set<CertificateId> written;
    std::set<CertificateId> gone;  ///< the store does not have them any more
    std::string error;             ///< of one that is neither; empty if there is none
  };

  static Done to_sentence(const StoreError& error);
  base::asio::awaitable<Done> start();
  base::asio::awaitable<Done> load_wanted();
  base::asio::awaitable<Done> load_leaving();
  base::asio::awaitable<Done> restore_files();
  base::asio::awaitable<Done> write_issued();
  base::asio::awaitable<Bundles> read_bundles(std::span<const Certificate> certificates);
  base::asio::awaitable<Written> write(std::vector<Certificate> certificates);
  void write_bundles(std::span<const CertificateBundle> bundles, Written& outcome) const;
  void offer(const Certificate& certificate);
  static StoreResult<std::vector<Leaving>> find_leaving(Store& store, CertificateId after);
  base::asio::awaitable<Done> remove_retired();
  base::asio::awaitable<Done> remove(const std::vector<Leaving>& leaving);
  bool holds(const Leaving& leaving);
  bool is_awaited(const std::string& path) const;
  std::optional<std::chrono::milliseconds> time_since_deploy(CertificateId id);
  bool let_go(const Certificate& certificate);
  base::asio::awaitable<Done> remove_files(const std::vector<std::string>& paths,
                                           const std::vector<CertificateId>& ids);
  base::asio::awaitable<Done> mark_served();
  base::asio::awaitable<void> rest(const Done& done);
  void wake();
  void want(const Certificate& certificate, std::chrono::sys_seconds written);
  std::vector<std::vector<CrtListBundle>> lines_of(const std::vector<Certificate>& certificates);
  bool is_used(const List& list, DestinationId destination) const;
  void judge(const std::string& path);

  void certificate_loaded(const Instance& instance, const std::string& path) override;
  void certificate_proven(const Instance& instance, const std::string& path) override;
  void sync_changed(const Instance& instance) override;
  void command_failed(const Instance& instance, const haproxy::RuntimeError& error) override;
  void command_done(const Instance& instance,
                    std::string_view kind,
                    std::chrono::microseconds took) override;
  void incident(const Instance& instance,
                InstanceIncident what,
                const std::string& detail) override;

  Parts parts_;
  BundleDirectory directory_;
  Placement placement_;
  DeployerListener& listener_;
  SoleUse sole_use_;  ///< of the folder
  std::vector<List> lists_;
  WantedCertificates wanted_;
  base::asio::thread_pool handshakes_;  ///< one a HAProxy, so that one that hangs holds up no other
  std::vector<std::unique_ptr<Instance>> instances_;
  std::optional<base::asio::steady_timer> alarm_;
  /// By bundle path; their files and lines are to be written.
  std::map<std::string, Certificate> issued_;
  std::map<std::string, Certificate> pending_;                 ///< by absolute path; to be proven
  std::vector<Certificate> served_;                            ///< proven; the store is to be told
  std::map<CertificateId, base::MonotonicTime> deploy_began_;  ///< until served or retired
  bool may_have_retired_ = true;
  std::set<std::string> held_for_;  ///< absolute paths: what is retired waits until they are loaded
  bool woken_ = false;
  std::string trouble_;
};

}  // namespace agent
