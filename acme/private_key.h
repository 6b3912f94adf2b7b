#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

/// The keys we make; authorities take all of them (reference: Let's Encrypt, Boulder, Pebble). The
/// numbers are stored: never renumber.
enum class KeyType { ecdsa_p256 = 1, ecdsa_p384 = 2, rsa_2048 = 3, rsa_3072 = 4, rsa_4096 = 5 };

/// An asymmetric key pair of an account or a certificate. A value: copies share the immutable key.
/// Thread-safe. Its secret leaves it only through pem().
class PrivateKey {
 public:
  /// P-256 takes 20 µs, RSA 2048 50 to 200 ms, RSA 4096 seconds: RSA never on an event loop. Fails
  /// with key_generation_failed.
  static base::Result<PrivateKey, Error> generate(KeyType type);

  /// Unencrypted PKCS#8, SEC 1 or PKCS#1 PEM of one of the KeyTypes (RSA: exactly those sizes).
  /// nullopt otherwise.
  static std::optional<PrivateKey> parse_pem(std::string_view pem);
  std::string pem() const;  ///< PKCS#8

  KeyType type() const { return type_; }
  /// The public key as canonical JWK (RFC 7638 §3.2): required members only, sorted, no white
  /// space.
  std::string jwk() const;
  Thumbprint thumbprint() const;

  /// `alg` of its signatures (RFC 7518 §3.1): ES256, ES384 or RS256.
  std::string_view algorithm() const;
  /// A JWS signature (RFC 7518 §3.3, §3.4): ECDSA as raw r || s, each at full width.
  std::vector<std::byte> sign(std::string_view message) const;

  struct Handle;  ///< the library's key; only acme/*.cc look inside
  const Handle& handle() const { return *handle_; }

 private:
  PrivateKey(KeyType type, std::shared_ptr<const Handle> handle)
      : type_(type), handle_(std::move(handle)) {}

  KeyType type_;
  std::shared_ptr<const Handle> handle_;
};

}  // namespace acme
