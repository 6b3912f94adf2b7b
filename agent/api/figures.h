#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/lookup/answer_counts.h"
#include "agent/lookup/lookup.h"
#include "base/clock.h"
#include "spop/counters.h"

namespace agent {

/// Where one HAProxy process stands.
struct InstanceFigures {
  std::string name{};  ///< in the configuration
  bool connected = false;
  bool in_sync = false;
  std::size_t certificates = 0;  ///< of ours that it has loaded
  std::size_t desired = 0;       ///< that it should have
  std::size_t drift = 0;         ///< to be added, replaced or removed; all desired if not connected
  std::size_t refused = 0;       ///< of these, refused by HAProxy
  std::size_t unproven = 0;      ///< loaded, and not yet seen in a handshake
  bool jammed = false;
  std::uint64_t failed_proofs =
      0;  ///< handshakes since our start that did not show what they should
  std::optional<base::WallTime> last_proof{};
};

/// Where we stand with one authority.
struct AuthorityFigures {
  std::string name{};           ///< in the configuration
  std::string directory_url{};  ///< likewise
  std::string account_url{};    ///< empty until it is registered
  std::string thumbprint{};     ///< of the account's key; empty until that is read
  std::string profile{};        ///< that is ordered; empty for the authority's default
  std::string breaker{};        ///< `closed`, `open`, `half-open`
  std::string trouble{};        ///< why it is given no orders now; empty if it is
  std::size_t orders_running = 0;
  std::size_t orders_suspended = 0;  ///< open, and waiting for their time
};

/// How requests of one kind to one server of authorities are paced, since our start.
struct PaceFigures {
  std::string server{};       ///< `https://host:port`
  std::string endpoint{};     ///< the directory's member, as `newOrder`; `directory`, `other`
  std::size_t waiting = 0;    ///< now
  std::uint64_t delayed = 0;  ///< that had to wait and have left
  std::chrono::milliseconds waited{0};  ///< of these, together
  std::uint64_t refused = 0;            ///< not sent: they would have waited for too long
};

/// What has become of names that nobody knew, since our start.
struct OnDemandFigures {
  std::uint64_t permitted = 0;  ///< asks by their answer
  std::uint64_t denied = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t added = 0;            ///< hostnames
  std::uint64_t refused = 0;          ///< names, by the platform's rules
  std::uint64_t guarded = 0;          ///< requests for names that no hostname can have
  std::uint64_t limited = 0;          ///< requests that found the limit of their domain reached
  std::uint64_t dropped_waiting = 0;  ///< requests that found the queue full
  std::uint64_t dropped_workers = 0;  ///< that did not get out of the SPOP workers
  std::size_t waiting = 0;            ///< names in the queue now
};

/// What the components know when somebody asks for the metrics.
struct Figures {
  spop::CounterValues spop{};
  AnswerCounts answers{};
  LookupSizes lookup{};
  std::size_t orders_running = 0;
  std::size_t orders_suspended = 0;             ///< open, and waiting for their time
  std::vector<AuthorityFigures> authorities{};  ///< in the order of fail-over
  std::vector<InstanceFigures> instances{};
  std::vector<PaceFigures> paces{};
  std::optional<OnDemandFigures> on_demand{};  ///< nullopt: it is off
};

/// Reads them together. Called on the control thread.
class FigureSource {
 public:
  virtual Figures figures() const = 0;

 protected:
  ~FigureSource() = default;
};

}  // namespace agent
