#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/lookup/hostname_index.h"
#include "agent/lookup/snapshot_file.h"
#include "agent/lookup/token_index.h"
#include "base/random.h"
#include "base/result.h"

namespace agent {

struct LookupSizes {
  std::size_t hostnames = 0;
  std::size_t tokens = 0;
  std::size_t memory_bytes = 0;  ///< of both tables
};

/// What the SPOP workers answer from. All calls from any thread, except load(). Those that write
/// share one mutex, which no reader ever takes; those that read go to hostnames() and tokens().
///
/// The store is the truth. At start: load() the last snapshot, let the workers answer, and once the
/// database is there begin_reconcile(), put and publish all it has, finish_reconcile().
class Lookup {
 public:
  explicit Lookup(base::Random& random) : Lookup(HashKey::draw(random)) {}

  // --- Writing: what returns has been done for every later answer ------------------------------

  /// REQUIRES: `name` is the text of a base::DomainName; a wildcard covers the names one label
  /// below it.
  void put(std::string_view name, const HostnameState& state);
  /// Whether there was one.
  bool remove(std::string_view name);

  /// Returns once all workers answer it: only then tell the authority to look. Errors:
  /// ChallengeErrc.
  base::Result<void> publish_challenge(std::string_view token, std::string_view key_authorization);
  /// Whether it was live.
  bool withdraw_challenge(std::string_view token);

  /// From here on, hostnames and challenges that are not put or published again ...
  void begin_reconcile();
  /// ... are dropped. Returns how many. Without a begin_reconcile() none are; one that is begun
  /// again starts anew.
  struct Dropped {
    std::size_t hostnames = 0;
    std::size_t challenges = 0;
  };
  Dropped finish_reconcile();

  // --- The snapshot file: blocks, for a thread that may ----------------------------------------

  /// See load_snapshot(). REQUIRES: nothing has been put and no other thread uses this yet.
  base::Result<SnapshotSizes, SnapshotError> load(const std::string& path);
  /// See save_snapshot(). Writers and readers go on meanwhile. REQUIRES: one call at a time.
  base::Result<SnapshotSizes, SnapshotError> save(const std::string& path) const;

  // --- Reading: without locks ------------------------------------------------------------------

  const HostnameIndex& hostnames() const { return hostnames_; }
  const TokenIndex& tokens() const { return tokens_; }
  LookupSizes sizes() const;

 private:
  explicit Lookup(const HashKey& key) : hostnames_(key), tokens_(key) {}

  std::mutex mutex_;         // one writer at a time
  HostnameIndex hostnames_;  // written under mutex_
  TokenIndex tokens_;        // written under mutex_
};

}  // namespace agent
