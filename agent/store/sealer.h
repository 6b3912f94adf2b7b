#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "agent/store/store_error.h"
#include "base/random.h"

namespace agent {

/// Encrypts private keys for the store: AES-256-GCM under a key-encryption key that lives in a file
/// of its own, so that a copy of the database alone gives nothing away.
///
/// Sealed bytes: version (1), id of the key-encryption key (8), nonce (12), ciphertext, tag (16).
/// Version, key id and the purpose are authenticated with it. One key seals 2^32 times safely (NIST
/// SP 800-38D §8.3, random nonces). Thread-safe if the Random is. A resource.
class Sealer {
 public:
  /// Reads the key of 32 bytes from `path`; if there is no such file, makes one (0600, never
  /// seen half-written) from `random`. Errors: wrong_key if the file has another size or others may
  /// read it; io, read_only.
  static StoreResult<std::unique_ptr<Sealer>> load_or_create(const std::string& path,
                                                             base::Random& random);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  /// `purpose` names table and row; unseal() must be given the same.
  std::string seal(std::string_view plain, std::string_view purpose) const;

  /// Errors: wrong_key if another key sealed it;
  /// corrupt if it is damaged, tampered with or from elsewhere.
  StoreResult<std::string> unseal(std::string_view sealed, std::string_view purpose) const;

  const std::string& path() const { return path_; }

 private:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t key_id_size = 8;
  using Key = std::array<unsigned char, key_size>;

  Sealer(std::string path, base::Random& random) : path_(std::move(path)), random_(random) {}
  StoreResult<void> load();
  StoreResult<void> create();

  std::string path_;
  base::Random& random_;
  Key key_{};
  std::string header_;  ///< version and key id
};

}  // namespace agent
