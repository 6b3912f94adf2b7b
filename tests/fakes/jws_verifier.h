#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "acme/openssl.h"
#include "base/encoding.h"

namespace fakes {

/// A flattened JWS cut in its parts, not yet verified.
struct Jws {
  nlohmann::json header;
  std::string payload;
  std::string signing_input;
  std::string signature;
};

inline std::optional<std::string> decode_base64url_text(std::string_view text) {
  const auto bytes = base::decode_base64url(text);
  if (!bytes) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

/// nullopt unless it has exactly the three members, as Boulder and Pebble demand.
inline std::optional<Jws> parse_jws(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || json.size() != 3) return std::nullopt;
  for (const char* member : {"protected", "payload", "signature"}) {
    if (!json.contains(member) || !json[member].is_string()) return std::nullopt;
  }
  const std::string header = json["protected"];
  const std::string payload = json["payload"];
  const auto header_text = decode_base64url_text(header);
  const auto payload_text = decode_base64url_text(payload);
  const auto signature = decode_base64url_text(std::string(json["signature"]));
  if (!header_text || !payload_text || !signature) return std::nullopt;
  auto header_json = nlohmann::json::parse(*header_text, nullptr, false);
  if (!header_json.is_object()) return std::nullopt;
  return Jws{std::move(header_json), *payload_text, header + "." + payload, *signature};
}

inline acme::PkeyPtr pkey_of(const char* type, OSSL_PARAM* parameters) {
  EVP_PKEY* pkey = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_PKEY_CTX_free(context);
  return acme::PkeyPtr(pkey);
}

inline std::string jwk_bytes(const nlohmann::json& jwk, const char* member) {
  return jwk.contains(member) ? decode_base64url_text(std::string(jwk[member])).value_or("") : "";
}

/// The public key of a JWK of one of the kinds we make, built by other means than acme's.
inline acme::PkeyPtr parse_jwk(const nlohmann::json& jwk) {
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  const std::string kty = jwk.value("kty", "");
  acme::BignumPtr n;
  acme::BignumPtr e;
  std::string point;
  std::string group;
  if (kty == "EC") {
    group = jwk.value("crv", "");
    point = "\x04" + jwk_bytes(jwk, "x") + jwk_bytes(jwk, "y");
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group.c_str(), 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  } else {
    const auto number = [&jwk](const char* member) {
      const std::string bytes = jwk_bytes(jwk, member);
      return acme::BignumPtr(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()),
                                       nullptr));
    };
    n = number("n");
    e = number("e");
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e.get());
  }
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  acme::PkeyPtr pkey = pkey_of(kty == "EC" ? "EC" : "RSA", parameters);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  return pkey;
}

/// The DER OpenSSL wants of a JWS's raw r || s; empty if it has not exactly `width` bytes each.
inline std::string der_signature(const std::string& raw, std::size_t width) {
  if (raw.size() != 2 * width) return {};
  const auto* data = reinterpret_cast<const unsigned char*>(raw.data());
  const acme::EcdsaSigPtr signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(),
                 BN_bin2bn(data, static_cast<int>(width), nullptr),
                 BN_bin2bn(data + width, static_cast<int>(width), nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

/// Whether the signature is that of the key and of the `alg` in the header.
inline bool verify_jws(const Jws& jws, const nlohmann::json& jwk) {
  const std::string algorithm = jws.header.value("alg", "");
  const std::string curve = jwk.value("crv", "");
  std::string signature = jws.signature;
  if (algorithm == "ES256" && curve == "P-256") {
    signature = der_signature(signature, 32);
  } else if (algorithm == "ES384" && curve == "P-384") {
    signature = der_signature(signature, 48);
  } else if (algorithm != "RS256" || jwk.value("kty", "") != "RSA") {
    return false;
  }
  const acme::PkeyPtr key = parse_jwk(jwk);
  if (!key || signature.empty()) return false;
  const acme::MdCtxPtr context(EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm == "ES384" ? EVP_sha384() : EVP_sha256();
  EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get());
  return EVP_DigestVerify(context.get(),
                          reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(),
                          reinterpret_cast<const unsigned char*>(jws.signing_input.data()),
                          jws.signing_input.size()) == 1;
}

}  // namespace fakes
