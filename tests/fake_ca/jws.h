#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "acme/openssl.h"
#include "base/result.h"
#include "tests/fake_ca/problem.h"

namespace fake_ca {

/// A flattened JWS (RFC 7515 §7.2.2) cut in its parts, not yet verified.
struct Jws {
  Json header;
  std::string payload;
  std::string signing_input;
  std::string signature;
};

/// Exactly the three members, as Boulder and Pebble demand: malformed otherwise.
base::Result<Jws, Problem> parse_jws(std::string_view body);

/// A public key that clients may sign with: RSA of 2048 to 4096 bits, P-256, P-384, P-521.
struct PublicKey {
  Json jwk;                ///< its required members only
  std::string thumbprint;  ///< RFC 7638
  std::string algorithm;   ///< the one `alg` that goes with it
  std::shared_ptr<EVP_PKEY> pkey;
};

/// malformed for what is no JWK, badPublicKey for a key that we do not take.
base::Result<PublicKey, Problem> parse_jwk(const Json& jwk);

/// Whether `alg` is the key's and the signature is right: badSignatureAlgorithm (with
/// `algorithms`), malformed.
std::optional<Problem> fault_of_signature(const Jws& jws, const PublicKey& key);

/// Whether the JWS is MACed with `mac_key` by its `alg`, one of HS256, HS384, HS512.
bool is_mac_right(const Jws& jws, std::string_view mac_key);

std::optional<std::string> decode_base64url_text(std::string_view text);

/// A text member of an object; empty without one.
std::string text_member(const Json& object, const char* name);

}  // namespace fake_ca
