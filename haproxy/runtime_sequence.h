#pragma once

#include <chrono>
#include <optional>
#include <variant>
#include <vector>

#include "base/result.h"
#include "haproxy/runtime_command.h"
#include "haproxy/runtime_reply.h"

namespace haproxy {

// Several commands that make one change, as machines from replies to commands. Deterministic, no
// I/O, no clock: whoever drives one sends what it says and tells it what came back. Files on disk
// are written before a sequence starts.

struct Wait {  ///< then resume with Elapsed
  std::chrono::milliseconds time;
  friend bool operator==(const Wait&, const Wait&) = default;
};
struct Succeeded {};
/// HAProxy is as it was before the sequence, unless the clean-up failed too or the session ended;
/// what is left is then found by the next SessionStart and the next comparison. Never retried here.
struct Failed {
  RuntimeError error;
};
using Step = std::variant<Command, Wait, Succeeded, Failed>;

struct Started {};
struct Elapsed {};
using CommandOutcome = base::Result<Reply, RuntimeError>;
using Event = std::variant<Started, Elapsed, CommandOutcome>;

/// What is common to all sequences: a command that finds the certificates locked is sent again
/// after 20 to 320 ms, for about ten seconds; an error that ends the session ends the sequence at
/// once.
class Sequence {
 public:
  virtual ~Sequence() = default;
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;

  /// What to do next. REQUIRES: Started first, then the outcome of the command or the Elapsed of
  /// the Wait that the step before was; nothing after Succeeded or Failed.
  Step resume(const Event& event);

 protected:
  Sequence() = default;
  virtual Step start() = 0;
  virtual Step on_outcome(const CommandOutcome& outcome) = 0;
  /// After a Wait of the sequence's own.
  virtual Step on_elapsed();

 private:
  Step retry_locked(const RuntimeError& error);
  Step remember(Step step);

  std::optional<Command> last_;  ///< sent again if certificates were locked
  bool waits_for_lock_ = false;
  int locked_ = 0;  ///< times in a row
};

/// The first thing on each session: prompt mode, version, process, loaded certificates, and a
/// transaction left open by somebody's crash. Such a transaction is looked at three times within a
/// second, as another tool may be at work, and then aborted. Errc::process_stopping if the process
/// is being retired: connect again; Errc::version_too_old before 2.4.
class SessionStart final : public Sequence {
 public:
  /// `worker` if the socket is a master's: which one to talk to.
  explicit SessionStart(std::optional<unsigned> worker = std::nullopt) : worker_(worker) {}

  /// REQUIRES: the sequence succeeded.
  const ProcessInfo& process() const { return process_; }
  const CertificateListing& certificates() const { return certificates_; }

 private:
  Step start() override;
  Step on_outcome(const CommandOutcome& outcome) override;
  Step on_elapsed() override;
  Step on_info(const ProcessInfo& info);
  Step on_listing(const CertificateListing& listing);

  const std::optional<unsigned> worker_;
  bool selected_ = false;
  ProcessInfo process_;
  CertificateListing certificates_;
  int looks_ = 0;  ///< at the same transaction
  bool aborting_ = false;
};

/// New, set, commit, add to the list. A certificate that is loaded already is renewed instead, and
/// then put into the list unless it is there. On failure a new certificate is deleted again and the
/// transaction aborted.
class AddCertificate final : public Sequence {
 public:
  AddCertificate(CrtListName list, CrtListLine line, PemBundle pem);

 private:
  enum class State { creating, setting, committing, looking, listing, adding, aborting, deleting };
  Step start() override;
  Step on_outcome(const CommandOutcome& outcome) override;
  Step on_created(const CommandOutcome& outcome);
  Step on_set(const CommandOutcome& outcome);
  Step on_committed(const CommandOutcome& outcome);
  Step on_details(const CommandOutcome& outcome);
  Step on_listing(const CommandOutcome& outcome);
  Step on_added(const CommandOutcome& outcome);
  Step send(State state, Command command);
  Step clean_up(const RuntimeError& error);
  Step delete_if_new();

  CrtListName list_;
  CrtListLine line_;
  PemBundle pem_;
  State state_ = State::creating;
  bool existed_ = false;
  RuntimeError failure_;  ///< what the clean-up is for
};

/// Set and commit under the same name; every crt-list entry follows in one step, and a failure
/// leaves the old certificate untouched. Errc::not_found if there is none to renew.
class RenewCertificate final : public Sequence {
 public:
  RenewCertificate(CertificateName name, PemBundle pem);

 private:
  enum class State { setting, committing, aborting };
  Step start() override;
  Step on_outcome(const CommandOutcome& outcome) override;
  Step clean_up(const RuntimeError& error);

  CertificateName name_;
  PemBundle pem_;
  State state_ = State::setting;
  RuntimeError failure_;
};

/// Out of the list, every entry, then out of memory. What is gone already is no failure, so it may
/// be run again. Errc::in_use if another list has the certificate: that entry stays served.
class RemoveCertificate final : public Sequence {
 public:
  RemoveCertificate(CrtListName list, CertificateName name);

 private:
  enum class State { delisting, deleting, aborting };
  Step start() override;
  Step on_outcome(const CommandOutcome& outcome) override;
  Step on_delisted(const CommandOutcome& outcome);
  Step on_deleted(const CommandOutcome& outcome);
  Step delist_next();
  Step send(State state, Command command);

  CrtListName list_;
  CertificateName name_;
  State state_ = State::delisting;
  std::vector<unsigned> lines_;  ///< of further entries, still to be removed
  bool aborted_ = false;
};

}  // namespace haproxy
