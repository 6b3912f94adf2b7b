#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lookup/answer_counts.h"
#include "agent/lookup/host_ring.h"
#include "agent/lookup/lookup.h"
#include "agent/lookup/per_thread.h"
#include "agent/lookup/unknown_hosts.h"
#include "base/clock.h"
#include "spop/byte_buffer.h"
#include "spop/counters.h"
#include "spop/handler.h"

namespace agent {

/// What HAProxy asks, answered from memory. The stable public interface, all of it in scope txn:
///
/// | message          | arguments      | variables set                                            |
/// |------------------|----------------|----------------------------------------------------------|
/// | `acme-challenge` | `host`,        | `key_auth` (string) if the token is ours, else           |
/// |                  | `path`,        | `challenge_miss` (true)                                  |
/// |                  | `fe_name`      |                                                          |
/// | `tls-status`     | `host`         | `cert_present`, `https_redirect` (bool), `cert_state`    |
/// | `sni-status`     | `sni`          | (string: `none`, `pending`, `ready`, `expired`,          |
/// |                  |                | `disabled`)                                              |
///
/// `path` is without the query and exactly `/.well-known/acme-challenge/<token>`. A token is
/// unique; of a challenge's `host` only ChallengePath counts. `fe_name`, which may be left out, is
/// the frontend's name. A missing, NULL or odd argument makes a miss or the state `none`; other
/// arguments are ignored; a message of another name sets nothing, and its NOTIFY gets the
/// connection's harmless ACK.
///
/// Thread-safe. In steady state a NOTIFY allocates nothing and waits for nothing.
class SpopAnswers final : public spop::Handler {
 public:
  /// Whether names that `tls-status` and `sni-status` ask for and nobody knows are kept for
  /// take_unknown().
  enum class Unknown : std::uint8_t { forgotten, kept };

  struct Options {
    Unknown unknown = Unknown::forgotten;
    /// In frontends of these names (`fe_name`) each challenge is a miss.
    std::vector<std::string> frontends_left_alone{};
  };

  /// REQUIRES: both outlive it.
  SpopAnswers(const Lookup& lookup, const base::Clock& clock, Options options);
  SpopAnswers(const Lookup& lookup, const base::Clock& clock)
      : SpopAnswers(lookup, clock, Options{}) {}

  void prefetch(std::span<spop::NotifyView> batch) override;
  void answer(const spop::NotifyView& notify,
              spop::ActionWriter& actions,
              spop::Deferral& deferral) override;

  /// Of all threads together.
  AnswerCounts counts() const;

  /// Calls f(std::string_view host), raw as it was sent, for hosts that `tls-status` and
  /// `sni-status` have asked for since the last call: of each thread one of a batch, no more than
  /// one in `between_samples`, and none while a HostRing is full. One thread at a time.
  template <class F>
  void take_samples(F f) const {
    workers_.for_each([&f](const Worker& worker) { worker.samples.take(f); });
  }
  static constexpr std::chrono::milliseconds between_samples{4};

  /// Calls f(std::string_view name), normalised, for names that nobody knows; none without
  /// Unknown::kept. A name can be there more than once. One thread at a time.
  template <class F>
  void take_unknown(F f) const {
    workers_.for_each([&f](const Worker& worker) { worker.unknown.take(f); });
  }
  /// How many of them were not kept, since nobody took those before in time.
  std::uint64_t unknown_dropped() const;

 private:
  enum class Kind : std::uint8_t { acme_challenge, tls_status, sni_status, unknown };

  /// A message as far as it can be worked out before its table is touched.
  struct Prepared {
    Kind kind = Kind::unknown;
    bool usable = false;      // there is a token or a name:
    std::string_view text{};  // the token, or the host as it was sent
    Hash128 hash{};           // of the token or name
  };

  /// What a thread keeps from prefetch() to answer(), and its counters.
  struct alignas(64) Worker {
    static constexpr std::size_t capacity = 128;  // a batch has 64 NOTIFYs, mostly of one message
    BasicAnswerCounts<spop::Counter> counts{};
    base::WallTime now{};
    std::array<Prepared, capacity> prepared{};
    Prepared late{};  // of a message that prefetch() had no space for
    base::WallTime sampled_at{};
    std::size_t turn = 0;  // whose turn in a batch it is
    HostRing samples{};
    UnknownHosts unknown{};
  };

  // In place: a Prepared that is returned is written in small pieces and at once read back in
  // large ones, which stalls the processor for longer than the hash takes.
  void prepare(const spop::MessageView& message, Prepared& prepared) const;
  void prepare_challenge(std::string_view path, Prepared& prepared) const;
  void prepare_status(Kind kind, std::string_view host, Prepared& prepared) const;
  void begin_loading(const Prepared& prepared) const;
  static void sample(Worker& worker, std::size_t used);
  LookupResult find(const Prepared& prepared, Worker& worker, base::WallTime now) const;
  bool is_left_alone(const spop::MessageView& message) const;
  void answer_challenge(const spop::MessageView& message,
                        const Prepared& prepared,
                        BasicChallengeCounts<spop::Counter>& counts,
                        spop::ActionWriter& actions) const;
  void answer_status(const Prepared& prepared,
                     Worker& worker,
                     base::WallTime now,
                     BasicStatusCounts<spop::Counter>& counts,
                     spop::ActionWriter& actions) const;

  const Lookup& lookup_;
  const base::Clock& clock_;
  const Options options_;
  PerThread<Worker> workers_;
  // Actions, encoded once and for all; the statuses by state, without and with the redirect.
  spop::ByteBuffer miss_;
  std::array<std::array<spop::ByteBuffer, 2>, BasicStatusCounts<int>::states> statuses_;
};

}  // namespace agent
