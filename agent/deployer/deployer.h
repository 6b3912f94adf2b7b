#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/deployer/bundle_directory.h"
#include "agent/deployer/instance.h"
#include "agent/deployer/wanted.h"
#include "agent/lookup/lookup.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

struct DeployerOptions {
  BundlePaths paths;
  std::vector<InstanceOptions> instances;
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

 protected:
  ~DeployerListener() = default;
};

/// Makes files and every HAProxy match the store: files first, then each running process, then the
/// proof, and only then the hostname has a certificate for everybody. A certificate counts as
/// served once every instance that is connected, and at least one, has been proven to serve it; an
/// instance that is away finds it on disk when it starts. What is retired goes the other way: out
/// of the crt-list, out of the processes, then its file. Control thread only; what the references
/// name outlives it.
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

  struct InstanceStatus {
    std::string name;
    bool connected = false;
    bool in_sync = false;
    std::size_t loaded = 0;  ///< certificates of ours
    std::string trouble;     ///< empty if nothing is wrong
  };
  struct Status {
    std::vector<InstanceStatus> instances;
    std::size_t wanted = 0;   ///< certificates that HAProxy should have
    std::size_t pending = 0;  ///< of these, not yet proven to be served
    std::string trouble;      ///< of files or store; empty if nothing is wrong
  };
  Status status() const;

 private:
  using Done = base::Result<void, std::string>;
  /// What became of certificates whose files were to be written.
  struct Written {
    std::set<CertificateId> written;
    std::set<CertificateId> gone;  ///< the store does not have them any more
    std::string error;             ///< of one that is neither; empty if there is none
  };

  base::asio::awaitable<Done> start();
  base::asio::awaitable<Done> load_wanted();
  base::asio::awaitable<Done> restore_files();
  base::asio::awaitable<Done> write_issued();
  base::asio::awaitable<Written> write(std::vector<Certificate> certificates);
  void write_bundles(std::span<const CertificateBundle> bundles, Written& outcome) const;
  base::asio::awaitable<Done> remove_retired();
  std::optional<std::chrono::milliseconds> time_since_deploy(CertificateId id);
  bool let_go(const Certificate& certificate);
  base::asio::awaitable<Done> remove_files(const std::vector<std::string>& paths,
                                           const std::vector<CertificateId>& ids);
  base::asio::awaitable<Done> mark_served();
  base::asio::awaitable<void> rest(const Done& done);
  void wake();
  void want(const Certificate& certificate);
  void judge(const std::string& path);

  void certificate_proven(const Instance& instance, const std::string& path) override;
  void sync_changed(const Instance& instance) override;
  void command_failed(const Instance& instance, const haproxy::RuntimeError& error) override;

  Parts parts_;
  BundleDirectory directory_;
  DeployerListener& listener_;
  WantedCertificates wanted_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::optional<base::asio::steady_timer> alarm_;
  std::map<std::string, Certificate> issued_;   ///< by bundle path; their files are to be written
  std::map<std::string, Certificate> pending_;  ///< by absolute path; to be proven
  std::vector<Certificate> served_;             ///< proven; the store is to be told
  std::map<CertificateId, base::MonotonicTime> deploy_began_;  ///< until served or retired
  bool may_have_retired_ = true;
  bool woken_ = false;
  std::string trouble_;
};

}  // namespace agent
