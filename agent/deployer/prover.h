#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/deployer/tls_probe.h"
#include "agent/deployer/wanted.h"
#include "base/asio.h"
#include "base/clock.h"

namespace agent {

/// Where and how an instance is asked what it serves.
struct ProofOptions {
  std::vector<base::Endpoint> binds;  ///< every one has to show it; may be empty
  ProxyProtocol proxy = ProxyProtocol::none;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  /// What was not served is asked for again after this.
  std::chrono::milliseconds interval = std::chrono::seconds(1);
  /// Of more than this many that wait together, so many are asked for, evenly spread, and speak for
  /// all if each of them is served. A twentieth of it while many changes are under way.
  std::size_t sample = 100;
};

/// One handshake with every bind: leaf and chain against the certificate and its file at `path`.
/// Empty if all show it, else a sentence that begins with the bind. Blocks: run it on a pool.
std::string prove(const ProofOptions& options,
                  const std::string& path,
                  const WantedCertificate& wanted);

/// Who is told what the handshakes have shown; on the control thread.
class ProofListener {
 public:
  /// What is wanted at the path now; null if nothing is.
  virtual const WantedCertificate* wanted_at(std::string_view path) const = 0;
  /// Many more changes are under way in this process: a bigger batch is worth waiting for.
  virtual bool is_busy() const = 0;
  virtual void proven(const std::string& path, CertificateId id) = 0;
  virtual void not_proven(const std::string& path,
                          const WantedCertificate& wanted,
                          const std::string& failure) = 0;

 protected:
  ~ProofListener() = default;
};

/// Proves by handshakes that one HAProxy serves what it has loaded. Beside the runtime session, so
/// that neither waits for the other; one handshake at a time. Control thread only.
class Prover {
 public:
  /// The references outlive it.
  Prover(ProofOptions options,
         base::asio::thread_pool& pool,
         const base::Clock& clock,
         ProofListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  void add(const std::string& path);
  void forget(const std::string& path) { waiting_.erase(path); }
  void clear() { waiting_.clear(); }

  std::size_t waiting() const { return waiting_.size(); }
  /// Of one that a handshake did not prove, `path: why`; empty if there is none.
  std::string trouble() const;
  /// When a handshake last showed what it should.
  std::optional<base::WallTime> last_proof() const { return last_proof_; }
  std::uint64_t failures() const { return failures_; }  ///< handshakes that did not

 private:
  enum class Verdict { proven, not_proven, gone };

  base::asio::awaitable<bool> prove_round();
  base::asio::awaitable<bool> prove_sample(std::size_t sample);
  base::asio::awaitable<bool> prove_each();
  base::asio::awaitable<Verdict> prove_one(std::string path);
  base::asio::awaitable<void> sleep(std::chrono::milliseconds time);

  const ProofOptions options_;
  base::asio::thread_pool& pool_;
  const base::Clock& clock_;
  ProofListener& listener_;
  std::optional<base::asio::steady_timer> alarm_;
  bool woken_ = false;
  /// By path: why the last handshake did not prove it; empty before the first.
  std::map<std::string, std::string> waiting_;
  std::string asked_last_;
  std::optional<base::WallTime> last_proof_;
  std::uint64_t failures_ = 0;
};

}  // namespace agent
