#include "acme/jws.h"

#include <cstddef>
#include <span>

#include "acme/digest.h"
#include "acme/json.h"
#include "base/encoding.h"

namespace acme {
namespace {

/// RFC 7515 §5.1: what is signed.
struct SigningInput {
  std::string header;   ///< base64url of the protected header
  std::string payload;  ///< base64url
  std::string text() const { return header + "." + payload; }
};

SigningInput signing_input(const JsonWriter& header, std::string_view payload) {
  return {base::encode_base64url(header.text()), base::encode_base64url(payload)};
}

/// RFC 7515 §7.2.2.
std::string flattened(const SigningInput& input, std::span<const std::byte> signature) {
  JsonWriter jws;
  jws.add("protected", input.header);
  jws.add("payload", input.payload);
  jws.add("signature", base::encode_base64url(signature));
  return jws.text();
}

}  // namespace

std::string sign_request(const PrivateKey& key,
                         const std::optional<Url>& account_url,
                         const Nonce& nonce,
                         const Url& url,
                         std::string_view payload) {
  JsonWriter header;
  header.add("alg", key.algorithm());
  if (account_url) {
    header.add("kid", account_url->text());
  } else {
    header.add_json("jwk", key.jwk());
  }
  header.add("nonce", nonce.value());
  header.add("url", url.text());
  const SigningInput input = signing_input(header, payload);
  return flattened(input, key.sign(input.text()));
}

std::string sign_without_nonce(const PrivateKey& key, const Url& url, std::string_view payload) {
  JsonWriter header;
  header.add("alg", key.algorithm());
  header.add_json("jwk", key.jwk());
  header.add("url", url.text());
  const SigningInput input = signing_input(header, payload);
  return flattened(input, key.sign(input.text()));
}

std::string bind_external_account(const ExternalAccount& external_account,
                                  const PrivateKey& account_key,
                                  const Url& new_account_url) {
  JsonWriter header;
  header.add("alg", "HS256");
  header.add("kid", external_account.key_id);
  header.add("url", new_account_url.text());
  const SigningInput input = signing_input(header, account_key.jwk());
  return flattened(input, hmac_sha256(external_account.mac_key, input.text()));
}

}  // namespace acme
