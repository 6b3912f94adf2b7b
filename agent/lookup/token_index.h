#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

#include "agent/lookup/challenge_errc.h"
#include "agent/lookup/hash_index.h"
#include "agent/lookup/sip_hash.h"
#include "agent/lookup/thumbprints.h"
#include "base/result.h"

namespace agent {

/// Whether `text` can be a token: 1 to TokenIndex::max_token bytes of the base64url alphabet
/// (RFC 8555 §8.3).
bool is_token(std::string_view text);

/// The live http-01 tokens -> thumbprint of the account they belong to. The key authorization is
/// the token, a dot and that thumbprint (RFC 8555 §8.1), and whoever asks has sent the token, so
/// neither is kept. Threads and memory as HashIndex has them.
class TokenIndex {
 public:
  static constexpr std::size_t max_token = 512;  ///< bytes; authorities send 22 to 64

  explicit TokenIndex(const HashKey& key) : key_(key) {}

  // --- Any thread ------------------------------------------------------------------------------

  Hash128 hash(std::string_view token) const { return sip_hash(key_, token); }
  /// Begins to load what find() is going to read.
  void prefetch(Hash128 hash) const { entries_.prefetch(hash); }
  /// The thumbprint, if the token is live. The view lives as long as the index.
  std::optional<std::string_view> find(Hash128 hash) const {
    const auto number = entries_.find(hash);
    if (!number) return std::nullopt;
    return thumbprints_.at(*number);
  }

  // --- One thread at a time --------------------------------------------------------------------

  /// Every find() that begins after it returned finds it. Errors: ChallengeErrc.
  base::Result<void> publish(std::string_view token, std::string_view key_authorization);
  /// Whether it was live.
  bool withdraw(std::string_view token) { return entries_.remove(hash(token)); }

  /// For snapshots and sizes. The hashes are of this key, the values numbers of these thumbprints.
  const HashKey& key() const { return key_; }
  HashIndex& entries() { return entries_; }
  const HashIndex& entries() const { return entries_; }
  Thumbprints& thumbprints() { return thumbprints_; }
  const Thumbprints& thumbprints() const { return thumbprints_; }
  /// REQUIRES: the index is empty, and no other thread uses it yet.
  void set_key(const HashKey& key) { key_ = key; }

 private:
  HashKey key_;
  Thumbprints thumbprints_;
  HashIndex entries_;
};

}  // namespace agent
