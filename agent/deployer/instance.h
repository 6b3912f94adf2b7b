#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/deployer/wanted.h"
#include "base/asio.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "haproxy/asio/runtime_session.h"
#include "haproxy/listing_diff.h"

namespace agent {

struct InstanceOptions {
  std::string name;
  base::Endpoint runtime_api;
  std::vector<base::Endpoint> verify;  ///< TLS binds to prove at; may be empty
  /// HAProxy gone, reloaded or restarted is noticed within about twice this.
  std::chrono::milliseconds check_interval = std::chrono::seconds(1);
  std::chrono::milliseconds reconnect_delay = std::chrono::milliseconds(500);
  /// What HAProxy refused is offered again after this: somebody may have changed something.
  std::chrono::milliseconds refused_delay = std::chrono::seconds(60);
};

class Instance;

/// Who wants to hear of an instance; all calls on the control thread.
class InstanceListener {
 public:
  /// The process serves that certificate at every bind of the instance.
  virtual void certificate_proven(const Instance& instance, const std::string& path) = 0;
  /// It is connected and has all that is wanted, or no longer.
  virtual void sync_changed(const Instance& instance) = 0;
  virtual void command_failed(const Instance& instance, const haproxy::RuntimeError& error) = 0;

 protected:
  ~InstanceListener() = default;
};

/// Keeps one HAProxy process in step with what is wanted: compares all of it on each new session,
/// then does each change as it is told of it. A process that went away, was reloaded or restarted
/// is noticed within two seconds and compared anew. One session, one command at a time, so that no
/// two writers of ours meet (the reference's traps). Control thread only.
class Instance {
 public:
  /// The references outlive the instance. `own_folder` is absolute and ends in a slash: what lies
  /// below it is ours, all else in HAProxy is the operator's.
  Instance(InstanceOptions options,
           const WantedCertificates& wanted,
           haproxy::CrtListName crt_list,
           std::string own_folder,
           base::asio::thread_pool& pool,
           base::Log& log,
           InstanceListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  /// What is wanted at this path has changed.
  void touch(const std::string& path);

  const std::string& name() const { return options_.name; }
  bool is_connected() const { return compared_; }
  bool is_in_sync() const { return compared_ && dirty_.empty() && !applying_ && refused_.empty(); }
  /// Whether the process is known to serve this certificate at the path.
  bool has_proven(std::string_view path, CertificateId id) const;
  std::size_t loaded() const { return actual_.size(); }  ///< certificates of ours
  /// Why it is not in sync, or what is not served; empty if nothing is wrong.
  std::string trouble() const;

 private:
  using Done = base::Result<void, haproxy::RuntimeError>;
  enum class Backlog { none, some };

  base::asio::awaitable<Done> connect();
  void disconnect(const haproxy::RuntimeError& reason);
  base::asio::awaitable<Done> compare();
  std::vector<haproxy::DiffStep> differences() const;
  base::asio::awaitable<Done> inspect(std::string path);
  void note_loaded(const std::string& path, const WantedCertificate& wanted);
  base::asio::awaitable<Done> follow();
  base::asio::awaitable<Done> apply(std::string path);
  base::asio::awaitable<Done> load(std::string path, haproxy::CertificateName name, bool listed);
  void refuse(const std::string& path, const haproxy::RuntimeError& reason);
  base::asio::awaitable<Done> check_process();
  base::asio::awaitable<Backlog> prove_some();
  base::asio::awaitable<bool> prove(std::string path);
  base::asio::awaitable<std::string> probe(WantedCertificate wanted);
  base::asio::awaitable<void> sleep(std::chrono::milliseconds time);

  const InstanceOptions options_;
  const WantedCertificates& wanted_;
  const haproxy::CrtListName crt_list_;
  const std::string own_folder_;
  base::asio::thread_pool& pool_;
  base::Log& log_;
  InstanceListener& listener_;

  std::optional<base::asio::steady_timer> alarm_;
  std::unique_ptr<haproxy::RuntimeSession> session_;
  bool compared_ = false;               ///< connected, and dirty_ has all that differs
  haproxy::ActualCertificates actual_;  ///< ours, as far as is known of this process
  std::set<std::string> dirty_;         ///< paths to look at
  bool applying_ = false;               ///< one that was dirty is being changed
  /// By path, why; to be offered again at refused_until_.
  std::map<std::string, std::string> refused_;
  std::chrono::steady_clock::time_point refused_until_;
  /// By path, loaded: why the last handshake did not prove it; empty before the first.
  std::map<std::string, std::string> unproven_;
  std::string proved_last_;   ///< path of the last handshake
  std::string last_failure_;  ///< of a handshake, as logged
  std::map<std::string, CertificateId, std::less<>> proven_;
  std::string trouble_;  ///< why it is not connected
};

}  // namespace agent
