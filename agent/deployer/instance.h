#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/deployer/bundle_file.h"
#include "agent/deployer/instance_options.h"
#include "agent/deployer/ledger.h"
#include "agent/deployer/placement.h"
#include "agent/deployer/prover.h"
#include "agent/deployer/sole_use.h"
#include "agent/deployer/wanted.h"
#include "agent/deployer/work_queue.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/started.h"
#include "haproxy/asio/runtime_session.h"
#include "haproxy/listing_diff.h"
#include "haproxy/runtime_command.h"

namespace agent {

class Instance;

/// What an operator would write into a diary.
enum class InstanceIncident {
  connected,  ///< compared; the detail says what had to be changed
  lost,       ///< not reachable, or another process than before
  refused,    ///< HAProxy refused a change; those that follow within a minute are not told
  jammed,     ///< the certificate lock does not open
  reloaded,   ///< because it was jammed
};

/// Who wants to hear of an instance; all calls on the control thread.
class InstanceListener {
 public:
  /// The process has that certificate; that it serves it is not shown yet.
  virtual void certificate_loaded(const Instance& instance, const std::string& path) = 0;
  /// The process serves that certificate at every bind of the instance.
  virtual void certificate_proven(const Instance& instance, const std::string& path) = 0;
  /// It is connected and has all that is wanted, or no longer.
  virtual void sync_changed(const Instance& instance) = 0;
  virtual void command_failed(const Instance& instance, const haproxy::RuntimeError& error) = 0;
  virtual void command_done(const Instance& instance,
                            std::string_view kind,
                            std::chrono::microseconds took) = 0;
  virtual void incident(const Instance& instance,
                        InstanceIncident what,
                        const std::string& detail) = 0;

 protected:
  ~InstanceListener() = default;
};

/// Keeps one HAProxy process in step with what is wanted: compares all of it on each new session,
/// after failures and from time to time, and does each change as it is told of it. A process that
/// went away, was reloaded or restarted is noticed within two seconds and compared anew. One
/// session, one command at a time, so that no two writers of ours meet (the reference's traps); and
/// no other acme-spoa of this machine. Each instance has its own session, queue, back-off and
/// proofs: a slow one holds up no other. Control thread only.
class Instance final : private ProofListener {
 public:
  struct Parts {
    const WantedCertificates& wanted;
    const Placement& placement;
    std::size_t index;  ///< in the placement
    haproxy::CrtListName crt_list;
    std::string own_folder;         ///< ends in a slash; what lies below is ours
    base::asio::thread_pool& pool;  ///< for files
    base::asio::thread_pool& handshakes;
    const base::Clock& clock;
    base::Log& log;
    InstanceListener& listener;
  };

  /// The references outlive the instance.
  Instance(InstanceOptions options, Parts parts);

  /// Both never return; they end with their io_context. prove() beside run().
  base::asio::awaitable<void> run();
  base::asio::awaitable<void> prove() { return prover_.run(); }

  /// What is wanted at this path has changed.
  void touch(const std::string& path);

  const std::string& name() const { return options_.name; }
  const InstanceOptions& options() const { return options_; }
  bool takes(const WantedCertificate& wanted) const {
    return parts_.placement.includes(wanted.destination, parts_.index);
  }
  bool is_connected() const { return compared_; }
  bool is_in_sync() const {
    return compared_ && queue_.empty() && applying_ == 0 && refused_.empty();
  }
  /// Whether the process has what is wanted at the path, as far as is known.
  bool has_loaded(std::string_view path, const WantedCertificate& wanted) const;
  /// Whether the process is known to serve this certificate at the path.
  bool has_proven(std::string_view path, CertificateId id) const;

  /// What one may want to know of it; texts are empty if nothing is wrong.
  struct Status {
    std::string version{};  ///< empty while not connected, as pid
    long pid = 0;
    bool connected = false;
    bool in_sync = false;
    bool jammed = false;
    std::size_t desired = 0;
    std::size_t loaded = 0;    ///< certificates of ours, as far as known
    std::size_t to_do = 0;     ///< changes waiting for their turn
    std::size_t refused = 0;   ///< changes that HAProxy refused, offered again later
    std::size_t unproven = 0;  ///< loaded, and not yet seen in a handshake
    std::uint64_t failed_proofs = 0;
    std::optional<base::WallTime> last_proof{};
    std::optional<base::WallTime> compared{};  ///< when all was compared last
    std::string trouble{};                     ///< why it is not in sync, or what is not served
  };
  Status status() const;

  /// How the process differs from what is wanted, found by asking it for each certificate.
  struct SyncPlan {
    std::vector<haproxy::DiffStep> steps;
    std::size_t compared = 0;  ///< certificates it has and should have
  };
  enum class SyncMode { look_only, make_good };
  /// Waits for its turn on the session. The error is a sentence.
  base::asio::awaitable<base::Result<SyncPlan, std::string>> sync(SyncMode mode);

  /// Why the process would refuse it, with what to change; empty while it is not connected.
  std::string refusal(haproxy::SetCertificate command) const;

  /// For proofs that somebody asks for.
  const ProofOptions& proof_options() const { return proof_options_; }

 private:
  /// Up to so many are proven one by one, at once; of more a handshake each would slow down all.
  static constexpr std::size_t few_changes = 20;

  using Done = base::Result<void, haproxy::RuntimeError>;
  using Time = std::chrono::steady_clock::time_point;
  /// One path that is being changed.
  struct Work {
    std::string path;
    /// Of what was read from the file, or older: never newer than the bundle.
    std::optional<haproxy::Fingerprint> fingerprint;
    std::string sni;                   ///< CrtListBundle::sni
    std::optional<BundleFile> bundle;  ///< nullopt if it was not wanted when files were read
    WorkKind kind = WorkKind::load;    ///< once it is begun
  };
  struct SyncRequest {
    SyncRequest(const base::asio::any_io_executor& executor, SyncMode wish)
        : mode(wish), answered(executor, base::asio::steady_timer::time_point::max()) {}
    SyncMode mode;
    base::asio::steady_timer answered;  ///< cancelled when `answer` is there
    base::Result<SyncPlan, std::string> answer = base::Unexpected<std::string>("not connected");
  };

  base::asio::awaitable<Done> connect();
  base::asio::awaitable<void> disconnect(const haproxy::RuntimeError& reason);
  std::chrono::milliseconds back_off(const haproxy::RuntimeError& reason);
  base::asio::awaitable<void> heal();

  base::asio::awaitable<Done> compare();
  base::asio::awaitable<Done> look_again();
  base::asio::awaitable<Done> list_again();
  base::asio::awaitable<Done> take_listing(haproxy::CertificateListing loaded);
  base::asio::awaitable<Done> inspect(std::string path);
  base::asio::awaitable<Done> inspect_unknown();
  base::asio::awaitable<Done> inspect_some(std::size_t count);
  base::asio::awaitable<Done> answer_requests();
  void believe(const Ledger::Entries& given);
  std::vector<haproxy::DiffStep> differences() const;
  std::size_t queue_differences();
  void note_loaded(const std::string& path, const WantedCertificate& wanted);

  base::asio::awaitable<Done> follow();
  base::asio::awaitable<Done> apply_some();
  void read_ahead(const base::asio::any_io_executor& executor);
  base::asio::awaitable<std::vector<Work>> prepare(std::vector<std::string> paths);
  base::asio::awaitable<Done> apply(std::vector<Work> batch);
  std::unique_ptr<haproxy::Sequence> sequence_for(Work& work);
  void note_applied(const Work& work, std::chrono::nanoseconds took);
  void note_failed(const Work& work, const haproxy::RuntimeError& reason);
  base::asio::awaitable<Done> check_process();
  void offer_again();
  void put(const std::string& path);
  static std::string reason_of(const haproxy::RuntimeError& refusal);
  void refuse(const std::string& path, const haproxy::RuntimeError& reason);
  haproxy::Tuning tuning() const;
  std::string trouble() const;

  const WantedCertificate* wanted_at(std::string_view path) const override;
  bool is_busy() const override { return queue_.size() + applying_ > few_changes; }
  void proven(const std::string& path, CertificateId id) override;
  void not_proven(const std::string& path,
                  const WantedCertificate& wanted,
                  const std::string& failure) override;
  base::asio::awaitable<void> sleep(std::chrono::milliseconds time);

  const InstanceOptions options_;
  const Parts parts_;
  const ProofOptions proof_options_;

  SoleUse sole_use_;
  std::optional<base::asio::steady_timer> alarm_;
  std::unique_ptr<haproxy::RuntimeSession> session_;
  bool compared_ = false;               ///< connected, and queue_ has all that differs
  haproxy::ActualCertificates actual_;  ///< ours, as far as is known of this process
  Ledger ledger_;
  WorkQueue queue_;
  std::size_t applying_ = 0;  ///< taken from the queue, being changed
  /// The changes that are next, taken from the queue, while their files are read.
  std::optional<base::Started<std::vector<Work>>> ahead_;
  /// By path, why; to be offered again at refused_until_.
  std::map<std::string, std::string> refused_;
  Time refused_until_{};
  Time next_look_{};   ///< when all is compared again
  Time next_check_{};  ///< of the process
  std::string looked_at_last_;
  std::optional<base::WallTime> compared_at_;
  std::map<std::string, CertificateId, std::less<>> proven_;
  Prover prover_;
  std::vector<std::shared_ptr<SyncRequest>> requests_;
  std::string trouble_;       ///< why it is not connected
  std::string last_failure_;  ///< of a handshake, as logged
  int failures_ = 0;          ///< to connect, in a row
  bool jammed_ = false;
  std::optional<Time> reloaded_;
};

}  // namespace agent
