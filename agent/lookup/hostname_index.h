#pragma once

#include <atomic>
#include <optional>
#include <string_view>

#include "agent/lookup/hash_index.h"
#include "agent/lookup/sip_hash.h"
#include "agent/model/hostname.h"
#include "base/clock.h"

namespace agent {

/// What the hot index knows of a hostname, or of a wildcard.
struct HostnameState {
  HostnameMode mode = HostnameMode::automatic;
  HttpsRedirect https_redirect = HttpsRedirect::off;
  ChallengePath challenge_path = ChallengePath::answered;
  /// notAfter of the certificate that HAProxy has been seen serving. Kept in whole minutes, rounded
  /// down: nothing is called valid that is not.
  std::optional<base::WallTime> served_until = std::nullopt;

  friend bool operator==(const HostnameState&, const HostnameState&) = default;
};

HostnameState state_of(const Hostname& hostname);

/// The answer to `tls-status` and `sni-status`.
struct LookupResult {
  CertState cert_state = CertState::none;
  bool cert_present = false;    ///< a valid certificate is being served: cert_state is `ready`
  bool https_redirect = false;  ///< cert_present, and the redirect is on
  friend bool operator==(const LookupResult&, const LookupResult&) = default;
};

/// Hostname -> state. Threads and memory as HashIndex has them.
///
/// A wildcard covers the names one label below it. What a name's own entry says goes first; a
/// wildcard adds its certificate to an entry without one, and answers for names without an entry.
class HostnameIndex {
 public:
  explicit HostnameIndex(const HashKey& key) : key_(key) {}

  // --- Any thread ------------------------------------------------------------------------------

  /// REQUIRES, here and below: `name` as normalise() returns it.
  Hash128 hash(std::string_view name) const { return sip_hash(key_, name); }
  /// Of what a client sent, raw; nullopt if that is no name: see normalise().
  std::optional<Hash128> hash_of_host(std::string_view raw) const;
  /// Begins to load what find() is going to read first.
  void prefetch(Hash128 hash) const { entries_.prefetch(hash); }
  /// REQUIRES: hash == hash(name).
  LookupResult find(std::string_view name, Hash128 hash, base::WallTime now) const;
  LookupResult find(std::string_view name, base::WallTime now) const {
    return find(name, hash(name), now);
  }
  /// The same without the name, where the name's own entry settles it; nullopt where a wildcard has
  /// a say.
  std::optional<LookupResult> find_own(Hash128 hash, base::WallTime now) const;

  /// Whether the challenge path of any hostname is or was left alone: nearly always false, and then
  /// is_left_alone() need not be asked.
  bool has_left_alone() const { return has_left_alone_.load(std::memory_order_relaxed); }
  /// Whether the name's own entry says ChallengePath::left_alone.
  bool is_left_alone(std::string_view name) const;

  // --- One thread at a time --------------------------------------------------------------------

  /// REQUIRES, here and below: `name` is the text of a base::DomainName.
  void put(std::string_view name, const HostnameState& state);
  /// Whether there was one.
  bool remove(std::string_view name);

  /// An entry of another index with this key; see HashIndex::put().
  void restore(const HashIndex::Entry& entry);

  /// For snapshots and sizes. The hashes are of this key.
  const HashKey& key() const { return key_; }
  HashIndex& entries() { return entries_; }
  const HashIndex& entries() const { return entries_; }
  /// REQUIRES: the index is empty, and no other thread uses it yet.
  void set_key(const HashKey& key) { key_ = key; }

 private:
  std::optional<HostnameState> find_wildcard(std::string_view name) const;
  Hash128 hash_of_entry(std::string_view name) const;

  HashKey key_;
  HashIndex entries_;
  std::atomic<bool> has_left_alone_{false};
};

}  // namespace agent
